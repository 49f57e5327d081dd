// Clients that openapi-client-axios makes, when it runs, of Atlassian's own
// documents, every answer checked against the same document with Ajv: its
// status is a published one, and its body has the published types and keys.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import { OpenAPIClientAxios } from 'openapi-client-axios';

const folder = process.env.WEIR_OPENAPI ?? join(import.meta.dirname, '..', '..', '..', 'shared', 'openapi');

/** Why no client can be made, or false: the documents are not part of weir. */
export const missing = !existsSync(join(folder, 'cloud-v2.json'))
  && `no published documents in ${folder}: set WEIR_OPENAPI to the folder that holds them`;

/** The places of `knownWrong` that an answer really had. */
export const met = new Set();

/**
 * Makes a client of one document.
 *
 * @param {string} name the document's file
 * @param {string} url where its paths begin
 * @param {object} headers sent with every request
 * @param {string[]} knownWrong the places where the document is known to be wrong, as `operation status path keyword`
 * @returns {(operation: string, parameters?: object, body?: any) => Promise<{status: number, data: any}>}
 */
export function clientOf(name, url, headers, knownWrong = []) {
  const definition = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats(ajv);
  ajv.addSchema(definition, name);
  const client = new OpenAPIClientAxios({
    definition: structuredClone(definition),
    withServer: { url },
    axiosConfigDefaults: {
      headers, proxy: false, maxRedirects: 0, timeout: 20_000, validateStatus: () => true,
      paramsSerializer: { indexes: null }, // a list as OpenAPI writes it: keys=A&keys=B
    },
  }).initSync();

  return async (operation, parameters = null, body = undefined) => {
    const [path, method] = locate(definition, operation);
    const { status, data } = await client.paths[path][method](parameters, body);
    if (status >= 300) return { status, data };
    const published = definition.paths[path][method].responses[status];
    assert.ok(published, `${operation} answers ${status}, which is not published`);
    if (published.content?.['application/json']?.schema) {
      const steps = ['paths', path, method, 'responses', status, 'content', 'application/json', 'schema'];
      const check = ajv.getSchema(`${name}#/${steps.map(s => encodeURIComponent(String(s).replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`);
      check(data);
      const wrong = (check.errors ?? []).map(e => `${operation} ${status} ${e.instancePath.replace(/\d+/g, 'N')} ${e.keyword}`);
      wrong.filter(w => knownWrong.includes(w)).forEach(w => met.add(w));
      assert.deepEqual(wrong.filter(w => !knownWrong.includes(w)), [], JSON.stringify(check.errors));
    }
    return { status, data };
  };
}

/** Calls an operation that must succeed, and returns the body of the answer. */
export async function ask(client, ...call) {
  const { status, data } = await client(...call);
  assert.ok(status < 300, `${call[0]} answers ${status}: ${JSON.stringify(data)}`);
  return data;
}

// locate finds an operation by its id, or by "method path" where the document
// gives it none.
function locate(definition, operation) {
  for (const [path, item] of Object.entries(definition.paths)) {
    for (const [method, op] of Object.entries(item)) {
      if (op.operationId === operation || `${method} ${path}` === operation) return [path, method];
    }
  }
  throw new Error(`the document has no operation ${operation}`);
}
