import type { Place } from '../exchange.ts';
import { knownModels, type ModelFacts } from '../model-facts.ts';
import type { Deployment } from '../region.ts';
import type { StoredResponse } from '../responses/response-store.ts';
import { deploymentNotFound, notCarried, ServiceError } from '../service-error.ts';
import type { Lookup } from './route-lookup.ts';

/** The body that answers a lookup; throws what the service answers when there is no such thing. */
export function answerLookup({ region, service }: Place, lookup: Lookup, query: URLSearchParams): unknown {
  switch (lookup.kind) {
    case 'models':
      return { object: 'list', data: [...knownModels().values()].map(modelObject) };
    case 'model':
      return findModel(lookup.id);
    case 'deployments':
      return { object: 'list', data: [...region.deployments.values()].map(deploymentObject) };
    case 'deployment': {
      const deployment = region.deployments.get(lookup.id);
      if (deployment === undefined) {
        throw deploymentNotFound();
      }
      return deploymentObject(deployment);
    }
    case 'response':
      if (query.get('stream') === 'true') {
        throw notCarried('streams of stored responses', 'stream');
      }
      return storedResponse(service.responses.find(region.name, lookup.id), lookup.id).body;
    case 'input-items': {
      const stored = storedResponse(service.responses.find(region.name, lookup.id), lookup.id);
      return itemList(stored.inputItems, query);
    }
    case 'delete-response':
      if (!service.responses.remove(region.name, lookup.id)) {
        throw responseNotFound(lookup.id);
      }
      return { id: lookup.id, object: 'response.deleted', deleted: true };
  }
}

/** The models that could be deployed, by version as the service lists them; by name they are found as well. */
function findModel(id: string): unknown {
  const models = knownModels();
  const model = models.get(id) ?? [...models.values()].find(({ version }) => version === id);
  if (model === undefined) {
    const message = `The model '${id}' does not exist`;
    const error = { message, type: 'invalid_request_error', param: 'model', code: 'model_not_found' };
    throw new ServiceError(404, 'model_not_found', message, { error });
  }
  return modelObject(model);
}

function modelObject(model: ModelFacts): Readonly<Record<string, unknown>> {
  const isChat = model.operation === 'chat';
  const created = createdAt(model.version);
  return {
    id: model.version,
    object: 'model',
    created,
    created_at: created,
    owned_by: 'system',
    status: 'succeeded',
    lifecycle_status: 'generally-available',
    capabilities: {
      chat_completion: isChat,
      completion: false,
      embeddings: !isChat,
      fine_tune: false,
      inference: true,
    },
  };
}

/** The day in the version, in epoch seconds; 0 for one without. */
function createdAt(version: string): number {
  const day = /\d{4}-\d{2}-\d{2}$/u.exec(version)?.[0];
  return day === undefined ? 0 : Date.parse(`${day}T00:00:00Z`) / 1000;
}

function deploymentObject({ model, modelName, name, outputWeight }: Deployment): Readonly<Record<string, unknown>> {
  return {
    id: name,
    object: 'deployment',
    model: modelName,
    model_version: model.version,
    owner: 'organization-owner',
    status: 'succeeded',
    scale_settings: { scale_type: outputWeight === undefined ? 'standard' : 'provisioned' },
  };
}

function storedResponse(stored: StoredResponse | undefined, id: string): StoredResponse {
  if (stored === undefined) {
    throw responseNotFound(id);
  }
  return stored;
}

function responseNotFound(id: string): ServiceError {
  const message = `Response with id '${id}' not found.`;
  const error = { message, type: 'invalid_request_error', param: null, code: null };
  return new ServiceError(404, 'response_not_found', message, { error });
}

/** The newest first unless `order=asc`; `limit` and `after` page through them. */
function itemList(items: StoredResponse['inputItems'], query: URLSearchParams): unknown {
  const ordered = query.get('order') === 'asc' ? items : items.toReversed();
  const after = query.get('after');
  const start = after === null ? 0 : ordered.findIndex(({ id }) => id === after) + 1;
  const limit = Math.min(100, Math.max(1, Number(query.get('limit') ?? 20) || 20));
  const data = ordered.slice(start, start + limit);
  return {
    object: 'list',
    data,
    first_id: data.at(0)?.['id'] ?? null,
    last_id: data.at(-1)?.['id'] ?? null,
    has_more: start + limit < ordered.length,
  };
}
