/** Whether arrays and objects are nested deeper than `levels`; walks with its own stack, so that no input overflows ours. */
export function isDeeperThan(value: unknown, levels: number): boolean {
  const open: { readonly value: unknown; readonly level: number }[] = [{ value, level: 1 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next.value !== 'object' || next.value === null) {
      continue;
    }
    if (next.level > levels) {
      return true;
    }
    const level = next.level + 1;
    open.push(
      ...Object.values(next.value)
        .filter(isContainer)
        .map((child: unknown) => ({ value: child, level })),
    );
  }
  return false;
}

function isContainer(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
