/**
 * Words and sentence forms of the simulated answers. Every word with the space before it is a single token in both
 * `o200k_base` and `cl100k_base`, so an answer's length in tokens is known while it is written.
 */
export const wordStock = {
  adjective: words(
    'clear small large recent early simple common local open direct final strong stable useful main modern public ' +
      'quick regular safe separate similar single specific standard technical typical new general important ' +
      'internal external central active basic current different early full future good high key late long low',
  ),
  noun: words(
    'report customer team order request project system process service result question answer problem change plan ' +
      'market price contract delivery product review message account schedule budget document meeting version test ' +
      'update region office department decision example detail number value source summary context reason idea risk ' +
      'supplier invoice network database server release issue response agreement quality method figure topic',
  ),
  plural: words(
    'reports customers teams orders requests projects systems services results questions problems changes plans ' +
      'prices contracts products reviews messages accounts documents meetings versions tests updates regions ' +
      'decisions examples details numbers values sources reasons ideas risks costs terms steps points figures',
  ),
  verb: words(
    'explains shows describes supports follows includes covers suggests confirms requires changes improves reduces ' +
      'compares replaces affects limits protects presents produces provides needs uses makes gives keeps holds',
  ),
  verbPlural: words(
    'explain show describe support follow include cover suggest confirm require change improve reduce compare ' +
      'replace affect limit protect present produce provide need use make give keep hold',
  ),
  adverb: words('clearly usually often quickly still already also only directly mostly largely simply again soon'),
  preposition: words('for with after before within without under over from near during behind around through'),
  opener: ['In short', 'At first', 'In practice', 'As a result', 'For this reason', 'After that', 'On the whole'].map(
    (opener) => opener.split(' '),
  ),
  ending: ['this week', 'in most cases', 'at the moment', 'by the end of the month', 'so far', 'for now'].map(
    (ending) => ending.split(' '),
  ),
} as const;

/** Sentence forms: `$class` is a word of that class, `$opener` and `$ending` several, anything else stands as it is. */
export const sentenceForms: readonly (readonly string[])[] = [
  'The $adjective $noun $verb the $noun $preposition the $adjective $noun .',
  '$opener , the $noun $adverb $verb $adjective $plural .',
  'The $plural $verbPlural the $noun $ending .',
  'Both $plural and $plural $verbPlural a $adjective $noun .',
  'It $adverb $verb the $noun , and the $plural $verbPlural the rest .',
  '$opener , we $verbPlural the $plural $preposition the $noun .',
  'A $adjective $noun $verb more $plural than the $adjective $noun .',
  'The $noun $verb $plural , $plural and the $adjective $noun $ending .',
  'If the $noun $verb the $noun , the $plural $adverb $verbPlural it .',
  'There is no $adjective $noun $preposition the $plural .',
].map((form) => form.split(' '));

function words(list: string): readonly string[] {
  return list.split(' ');
}
