/** @throws with the flag's name and range */
export function wholeNumber(input: {
  readonly name: string;
  readonly text: string;
  readonly min: number;
  readonly max: number;
}): number {
  const value = Number(input.text);
  if (input.text.trim() === '' || !Number.isInteger(value) || value < input.min || value > input.max) {
    throw new Error(`${input.name} takes a whole number from ${input.min} to ${input.max}, not "${input.text}".`);
  }
  return value;
}
