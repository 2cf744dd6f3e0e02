import { modelFacts, type ModelFacts } from '../../../local/azure-openai/model-facts.ts';

/** Facts of a model that is carried. */
export function requiredModelFacts(model: string): ModelFacts {
  const facts = modelFacts(model);
  if (facts === undefined) {
    throw new Error(`No facts of ${model}.`);
  }
  return facts;
}
