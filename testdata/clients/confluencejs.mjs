// confluence.js with the audit of its schemas switched on: an answer of another
// shape throws, and a key or a value that the schemas do not list is recorded
// as drift.

// The library reads this when it is loaded; tests take it from here, since a
// static import of theirs would load it before this line.
process.env.AUDIT_SCHEMAS = 'true';
const library = await import('confluence.js');
export const { createV1Client, createV2Client, isAuthError, isForbiddenError, isNotFoundError, isSchemaMismatchError } = library;

/** The drift that the audit found in this process: the library keeps it here. */
export const drift = () => globalThis[Symbol.for('apis-code-gen.schemaAudit')] ?? [];

/** The clients of both versions for the account of a site, or for another token. */
export function clientsOf(site, apiToken = site.token) {
  const config = { host: site.url, auth: { type: 'basic', email: site.account, apiToken } };
  return { v1: createV1Client(config), v2: createV2Client(config) };
}

/** What the tests look up again and again, by name. */
export function lookupsOf({ v1, v2 }) {
  const group = async name => (await v1.group.searchGroups({ query: name })).results.find(g => g.name === name);
  return {
    group,
    space: async key => (await v2.space.getSpaces({ keys: [key] })).results[0],
    role: async name => (await v2.spaceRoles.getAvailableSpaceRoles({ limit: 250 })).results.find(r => r.name === name),
    /** The account ids of a group's members by their names. */
    members: async name => {
      const { results } = await v1.group.getGroupMembersByGroupId({ groupId: (await group(name)).id });
      return Object.fromEntries(results.map(u => [u.publicName, u.accountId]));
    },
  };
}

/** Fits `assert.rejects`: the site refused with this status. */
export const refusedWith = status => e => e.status === status;
