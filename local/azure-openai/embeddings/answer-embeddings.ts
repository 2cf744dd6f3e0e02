import type { EmbeddingsRequest } from './embeddings-request.ts';
import { embeddingVector } from './embedding-vector.ts';
import type { Exchange } from '../exchange.ts';
import { planLatency } from '../plan-latency.ts';
import { seededRandom } from '../seeded-random.ts';
import { sendAnswer } from '../send-answer.ts';

/** Answers admitted embeddings: unit vectors, as numbers or as base64 of little-endian 32-bit floats. */
export async function answerEmbeddings(exchange: Exchange, request: EmbeddingsRequest): Promise<void> {
  const { call, deployment, promptTokens, region, service } = exchange;
  const data = request.inputs.map((input, index) => {
    const text = typeof input === 'string' ? input : input.join(' ');
    const vector = embeddingVector(seededRandom(service.seed, deployment.modelName, text), request.dimensions);
    const bytes = Buffer.from(vector.buffer);
    return { object: 'embedding', index, embedding: request.isBase64 ? bytes.toString('base64') : [...vector] };
  });
  const body = {
    object: 'list',
    data,
    model: deployment.model.version,
    usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
  };
  const random = seededRandom(service.seed, 'latency', call.number);
  const waitMs = service.isInstant ? 0 : planLatency(region.latency, random).firstTokenMs;
  await sendAnswer(exchange, { body, completionTokens: 0, waitMs });
}
