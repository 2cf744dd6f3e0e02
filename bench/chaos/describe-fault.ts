import type { FaultAction, PlannedFault } from './fault.ts';

/** One line for people. */
export function describeFault({ action, forMs, kind }: PlannedFault): string {
  const lasts = forMs === 0 ? '' : ` for ${(forMs / 1000).toFixed(1)} s`;
  return `${kind}${lasts}${detailsOf(action)}`;
}

function detailsOf(action: FaultAction): string {
  switch (action.on) {
    case 'process':
      return `: process ${action.process}${action.skewSeconds === 0 ? '' : `, ${action.skewSeconds} s off`}`;
    case 'stack':
      return '';
    case 'part':
      return `: ${action.part}`;
    case 'book':
      return `: ${JSON.stringify(action.fault)}`;
    case 'once':
      return `: ${action.path} ${JSON.stringify(action.body)}`;
    case 'units':
      return `: ${action.container}, ${action.requestUnitsPerSecond} a second`;
    case 'limit':
      return `: ${action.region}/${action.deployment} × ${action.factor}`;
  }
}
