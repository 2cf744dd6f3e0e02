/** Numbers in [0, 1), the same for the same seed. */
export type Random = () => number;

export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Entries of a service desk's daily log: who, what, what was done, how long it took. */
export function serviceLog(random: Random, entries: number): string {
  return lines(entries, (index) => {
    const minute = 480 + Math.floor((index * 7) % 600);
    const customer = `${pick(firstNames, random)} ${pick(lastNames, random)}`;
    const product = pick(products, random);
    const opening = `${day(index, 85)}, ${clock(minute)}. ${customer}, ${pick(cities, random)}, case ${between(random, 10_000, 99_999)}.`;
    const problem = `${pick(channels, random)} about the ${product}: ${pick(problems, random)}.`;
    const action = `${pick(agents, random)} ${pick(actions, random)}.`;
    const outcome = pick(outcomes, random)
      .replace('{minutes}', String(between(random, 4, 55)))
      .replace('{amount}', `${between(random, 8, 240)}.${between(random, 10, 99)}`)
      .replace('{days}', String(between(random, 2, 14)));
    return `${opening} ${problem} ${action} ${outcome}.`;
  });
}

/** Minutes of a series of meetings, speaker by speaker. */
export function minutesOf(random: Random, statements: number): string {
  return lines(statements, (index) => {
    const heading =
      index % 12 === 0 ? `\nItem ${Math.floor(index / 12) + 1}: ${pick(topics, random)} (${day(index, 12)})\n` : '';
    const claim = pick(claims, random)
      .replace('{percent}', String(between(random, 2, 48)))
      .replace('{amount}', `${between(random, 3, 95)},${between(random, 100, 999)}`)
      .replace('{weeks}', String(between(random, 2, 20)))
      .replace('{city}', pick(cities, random))
      .replace('{product}', pick(products, random));
    const reply = pick(replies, random)
      .replace('{agent}', pick(agents, random))
      .replace('{weeks}', String(between(random, 1, 9)));
    return `${heading}${pick(agents, random)}: ${claim}. ${reply}.`;
  });
}

/** Lines of a web server's access log. */
export function accessLog(random: Random, count: number): string {
  return lines(count, (index) => {
    const address = `10.${between(random, 0, 40)}.${between(random, 0, 255)}.${between(random, 1, 254)}`;
    const second = index * 3;
    const time = `14/Mar/2025:${pad(6 + (Math.floor(second / 3600) % 18))}:${pad(Math.floor(second / 60) % 60)}:${pad(second % 60)} +0000`;
    const path = pick(paths, random).replace('{id}', String(between(random, 1000, 99_999)));
    const status = random() < 0.93 ? 200 : pick([301, 404, 429, 500, 503], random);
    const size = between(random, 180, 48_000);
    return `${address} - - [${time}] "${pick(methods, random)} ${path} HTTP/1.1" ${status} ${size} ${between(random, 3, 2400)}ms "${pick(browsers, random)}"`;
  });
}

/** An order with its lines, as a supplier's mail would list it. */
export function orderDocument(random: Random): string {
  const positions = Array.from({ length: between(random, 3, 7) }, (_, index) => {
    const quantity = between(random, 1, 40);
    const price = between(random, 290, 18_900) / 100;
    return `${index + 1}  ${pick(products, random).padEnd(24)} ${String(quantity).padStart(3)} x ${price.toFixed(2).padStart(7)} EUR`;
  });
  return [
    `Order no. ${between(random, 2000, 2999)}-${between(random, 100, 999)} of ${day(between(random, 0, 300), 1)}`,
    `Customer: ${pick(lastNames, random)} & ${pick(lastNames, random)} Ltd, ${pick(cities, random)}, contact ${pick(firstNames, random)} ${pick(lastNames, random)}`,
    `Delivery: ${pick(['to the door', 'to the third floor', 'to the loading bay, gate 4', 'pick-up by the customer'], random)}, by ${day(between(random, 300, 340), 1)}`,
    '',
    ...positions,
    '',
    `Terms: ${pick(['30 days net', '14 days, 2% discount', 'prepaid', 'direct debit'], random)}. Note: last time ${pick(problems, random)}; please check before shipping.`,
  ].join('\n');
}

function lines(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join('\n');
}

export function pick<T>(items: readonly T[], random: Random): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) {
    throw new RangeError('Nothing to pick from.');
  }
  return item;
}

function between(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

function clock(minute: number): string {
  return `${pad(Math.floor(minute / 60))}:${pad(minute % 60)}`;
}

/** The date of an entry when there are `perDay` a day. */
function day(index: number, perDay: number): string {
  return new Date(Date.UTC(2025, 0, 6) + Math.floor(index / perDay) * 86_400_000).toISOString().slice(0, 10);
}

const firstNames = 'Amara Ben Clara Dmitri Elif Farid Greta Hugo Ines Jonas Kavya Liam Mona Nils Oluchi Pavel Rosa Samir Tilda Umar Vera Wen Yara Zoe'.split(' ');
const lastNames = 'Abbott Bianchi Castellan Dahl Eze Fournier Grabowski Haddad Ivanov Jansen Kowal Lindgren Moreau Nakamura Okonjo Petrov Quist Rahman Sandoval Takahashi Ueda Varga Weiss Zhou'.split(' ');
const cities = 'Aarhus Bristol Cork Dresden Eindhoven Florence Ghent Haifa Innsbruck Jena Krakow Lyon Malmo Nantes Oslo Porto Riga Seville Turin Utrecht Valencia Zurich'.split(' ');
const agents = ['Ms Albrecht', 'Mr Boateng', 'Ms Carver', 'Mr Dufour', 'Ms Egger', 'Mr Farouk', 'Ms Grigoryan', 'Mr Holm'];
const channels = ['Called', 'Wrote a mail', 'Used the chat', 'Came to the counter', 'Filled in the form', 'Called back'];
const products = ['desk lamp Brook', 'office chair Arlo', 'router RT9', 'coffee machine Mira', 'wardrobe Fjell', 'vacuum cleaner Q4', 'heat pump HP-12', 'monitor V27', 'bicycle light set', 'printer toner 44X', 'standing desk Lift', 'air filter H13', 'kettle Nova', 'headset Tone', 'label printer LP2', 'door lock Smart 3'];
const problems = [
  'the delivery was one part short',
  'it stopped working after the last update',
  'the invoice shows the old address',
  'the colour differs from the picture on the site',
  'the warranty form asks for a number that is nowhere on the device',
  'it makes a grinding noise in the morning and none in the evening',
  'the parcel was left with a neighbour who has since moved',
  'the discount of the spring campaign was not deducted',
  'the manual is only enclosed in a language that the customer does not read',
  'a second unit was charged that nobody ordered',
  'the appointment with the fitter was moved for the third time',
  'the app cannot find it in the home network',
  'the screw holes do not match the wall plate',
  'the refund promised in writing has not arrived',
];
const actions = [
  'walked through the settings step by step and found the cause in the second menu',
  'ordered the missing part from the warehouse in the north',
  'asked for a photo and passed the case on to the manufacturer',
  'corrected the address and sent a new invoice',
  'compared the serial number with the list of the recall and found no match',
  'offered an exchange or a price reduction, the customer wanted to think about it',
  'called the carrier, who could not name the driver',
  'agreed on a date with the fitter while the customer was on the line',
  'looked up the campaign and found that it had ended two days before the order',
  'explained how to reset the device without losing the stored data',
  'noted the complaint and promised a call by the team lead',
];
const outcomes = [
  'Solved in {minutes} minutes',
  'Open, to be followed up in {days} days',
  'Refund of {amount} EUR approved by the shift lead',
  'Customer content, asked for confirmation by mail',
  'Passed on to second level after {minutes} minutes',
  'Replacement leaves the warehouse within {days} days',
  'Closed without solution, customer will buy elsewhere',
  'Credit note of {amount} EUR, valid for a year',
  'Waiting for photos, reminder set for {days} days from now',
];
const topics = ['Budget of the second half', 'Move of the warehouse', 'Sick leave and shifts', 'New supplier for packaging', 'Returns in the spring campaign', 'Energy costs', 'Safety in goods-in', 'The website after the relaunch', 'Apprentices', 'Complaints about the carrier'];
const claims = [
  'returns of the {product} have risen by {percent}% since the change of the packaging',
  'we have spent {amount} euros more on temporary staff than planned',
  'the branch in {city} asks for a second person on Saturdays',
  'the new contract would save {percent}% but binds us for three years',
  'without the conveyor we lose about {weeks} working hours a week in {city}',
  'the supplier of the {product} wants {percent}% more from the summer on',
  'complaints about late parcels have halved since we print the labels ourselves',
  'the roof in {city} can be repaired for {amount} euros or not at all',
  'nobody uses the tablet that we bought for the {product} inspection',
  'the figures of {city} cannot be compared, because they count parcels and we count orders',
  'the trial with the four-day week went well except in the week of the stocktaking',
  'we should decide before the holidays, the offer is valid for {weeks} weeks only',
];
const replies = [
  '{agent} doubts the figure and will check it against the accounts within {weeks} weeks',
  'All agree, no vote is taken',
  '{agent} points out that this was already discussed last year and postponed',
  'The question is passed on to the works council',
  '{agent} will ask two other firms for an offer',
  'It is decided to wait for the results of the next quarter',
  '{agent} objects: the branch is too small for that',
  'The proposal is adopted with one vote against',
  '{agent} asks for a written summary before the next meeting in {weeks} weeks',
];
const methods = ['GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE'];
const paths = ['/api/orders/{id}', '/api/customers/{id}/addresses', '/products/{id}', '/search?q=lamp&page={id}', '/checkout/{id}/confirm', '/static/app.{id}.js', '/api/invoices/{id}.pdf', '/login', '/api/stock/{id}/reserve'];
const browsers = ['Mozilla/5.0 (Windows NT 10.0) Firefox/128.0', 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5) Safari/605.1', 'okhttp/4.12.0', 'python-requests/2.32', 'Mozilla/5.0 (X11; Linux x86_64) Chrome/126.0'];
