import { readFileSync } from 'node:fs';

const folder = new URL('../../samples/senders/', import.meta.url);

/** The JSON text that each sample puts on the queue: the only block of braces that stands in quotes of several lines. */
export function senderSamples(): readonly { readonly file: string; readonly text: string }[] {
  return ['send-job.ts', 'send_job.py', 'SendJob.cs'].map((file) => {
    const source = readFileSync(new URL(file, folder), 'utf8');
    const text = /(?:"""|`)\s*(\{\s[\s\S]*?\})\s*(?:"""|`)/u.exec(source)?.[1];
    if (text === undefined) {
      throw new Error(`samples/senders/${file} holds no job.`);
    }
    return { file, text };
  });
}
