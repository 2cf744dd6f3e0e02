import { CosmosError } from '../cosmos-error.ts';
import { found, isQuery, listResources, requireMethod } from './list-resources.ts';
import { jsonBody, type Answer, type CosmosRequest, type Service } from '../service.ts';
import { offeredThroughput } from './throughput.ts';

/** `offers`: listed, or looked for by the address of what they are for. */
export function serveOffers(service: Service, request: CosmosRequest): Answer {
  if (!isQuery(request)) {
    requireMethod(request, 'GET');
  }
  return listResources({ service, request, resources: service.offers.all(), rid: '', name: 'Offers' });
}

export function serveOffer({ offers }: Service, request: CosmosRequest, id: string): Answer {
  switch (request.method) {
    case 'GET':
      return found(offers.find(id));
    case 'PUT':
      return found(offers.replace(id, offeredThroughput(jsonBody(request))));
    default:
      throw new CosmosError('MethodNotAllowed', `${request.method} is not a method of an offer.`);
  }
}
