import { readValue, textOf } from '../amqp/amqp-decode.ts';
import { conditions, notCarried } from '../amqp/amqp-error.ts';
import type { HandleRequest } from '../connections/request-link.ts';
import { checkSasToken, type Claims, type SharedKey } from './sas-claims.ts';

const sasTokenType = 'servicebus.windows.net:sastoken';

/**
 * Claims-based security: `put-token` on `$cbs` gives the connection the right to an entity until the token expires
 * (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide#claims-based-authorization).
 */
export function handlePutToken({
  claims,
  sharedKey,
  now,
}: {
  readonly claims: Claims;
  readonly sharedKey: SharedKey;
  readonly now: () => number;
}): HandleRequest {
  return ({ properties, body }, respond) => {
    const operation = textOf(properties.get('operation'));
    if (operation !== 'put-token') {
      respond({ kind: 'failed', status: 501, error: notCarried(`the operation '${operation}' on $cbs`) });
      return;
    }
    const type = textOf(properties.get('type'));
    if (type !== sasTokenType) {
      respond({ kind: 'failed', status: 501, error: notCarried(`tokens of type '${type}', only shared access keys`) });
      return;
    }
    const check = checkSasToken(textOf(readValue(body)), textOf(properties.get('name')), sharedKey, now());
    if (check.kind === 'refused') {
      const error = { condition: conditions.unauthorized, description: check.description };
      respond({ kind: 'failed', status: 401, error });
      return;
    }
    claims.grant(check.scope, check.expiresAtMs);
    respond({ kind: 'done', status: 202 });
  };
}
