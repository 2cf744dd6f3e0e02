import { JsonReader, type JsonRead } from '../shared/json/json-reader.ts';
import { requestLimits } from '../shared/json/read-json.ts';
import { BodyError } from './body-error.ts';

/** The field of a body that holds a list of jobs. */
const listField = 'jobs';

/** A JSON body that comes in piece by piece: the elements of `jobs` as they are complete, or one job. */
export interface JsonBody {
  /** @throws BodyError */
  readonly write: (piece: string) => void;
  /** The elements of `jobs` that were completed since the last call. */
  readonly takeJobs: () => readonly JsonRead[];
  /** The one job of a body that holds no list. @throws BodyError */
  readonly end: () => JsonRead | undefined;
}

export function openJsonBody(): JsonBody {
  let jobs: JsonRead[] = [];
  let isList = false;
  const onElement = (element: JsonRead): void => {
    isList = true;
    jobs.push(element);
  };
  const reader = new JsonReader(requestLimits, { key: listField, onElement });
  const throwBroken = (): void => {
    if (reader.broken !== undefined) {
      throw new BodyError(400, 'The body cannot be read.', [reader.broken]);
    }
  };
  return {
    write: (piece) => {
      reader.write(piece);
      throwBroken();
    },
    takeJobs: () => {
      const taken = jobs;
      jobs = [];
      return taken;
    },
    end: () => {
      const read = reader.end();
      throwBroken();
      return isList || isEmptyList(read) ? undefined : read;
    },
  };
}

function isEmptyList(read: JsonRead): boolean {
  const { value } = read.kind === 'read' ? read : { value: null };
  const list = typeof value === 'object' && value !== null && listField in value ? value[listField] : undefined;
  return Array.isArray(list);
}
