import { z } from 'zod';

/** The fields of `FaultRate`, for the schema of a fault. */
export const faultRate = {
  probability: z.number().gt(0).max(1).optional(),
  count: z.int().min(1).optional(),
};
