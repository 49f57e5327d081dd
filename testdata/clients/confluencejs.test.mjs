// confluence.js, in both versions of Confluence's API, on a site with roles.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import {
  clientsOf, createV2Client, drift, isAuthError, isForbiddenError, isNotFoundError, isSchemaMismatchError, lookupsOf, refusedWith,
} from './confluencejs.mjs';
import { answering } from './control.mjs';
import { serve } from './site.mjs';

const facts = `
+ exists user:ana@acme.example
+ exists user:bo@acme.example
+ exists user:kim@acme.example
+ exists group:staff
+ product group:staff = user
+ exists group:engineering
+ exists group:writers
+ member group:engineering user:ana@acme.example
+ member group:engineering user:kim@acme.example
+ exists group:okta-finance
+ managed group:okta-finance = idp
+ exists space:ENG
+ name space:ENG = Engineering
+ role space:ENG group:engineering = admin
+ exists space:OLD
+ status space:OLD = archived
`;

let site, v1, v2, the;
before(async () => {
  site = await serve(facts);
  ({ v1, v2 } = clientsOf(site));
  the = lookupsOf({ v1, v2 });
  // Whoever makes a space is its admin; the product's admins see no content.
  await v2.space.createSpace({ body: { name: 'Documents', key: 'DOC' } });
});
after(() => site?.stop());

const namesIn = async group => Object.keys(await the.members(group)).sort();

test('the audit is on', async () => {
  const ask = body => answering(body, host => createV2Client({ host }).spaceRoles.getSpaceRoleMode());
  await ask({ mode: 'ROLES', surprise: 1 });
  assert.deepEqual(drift().map(d => d.keys), [['surprise']]);
  drift().length = 0;
  await assert.rejects(ask(['ROLES']), isSchemaMismatchError);
  assert.deepEqual(drift(), []);
});

test('who calls, and which site', async () => {
  const me = await v1.users.getCurrentUser({ expand: ['operations', 'personalSpace'] });
  assert.equal(me.email, site.account);
  assert.ok(me.operations.some(o => o.operation === 'administer' && o.targetType === 'application'));
  const info = await v1.settings.getSystemInfo();
  assert.equal(info.cloudId, site.cloud);
});

test('groups: page through, make, read, search, delete', async () => {
  const made = await v1.group.createGroup({ name: 'auditors' });
  assert.equal(made.name, 'auditors');
  assert.deepEqual(await v1.group.getGroupByGroupId({ id: made.id }), made);

  const names = [];
  for (let start = 0; ; start += 2) {
    const page = await v1.group.getGroups({ start, limit: 2 });
    names.push(...page.results.map(g => g.name));
    if (!page._links.next) break;
  }
  assert.deepEqual(names, ['auditors', 'engineering', 'okta-finance', 'staff', 'writers']);
  assert.deepEqual((await v1.group.getGroups({ accessType: 'user' })).results.map(g => g.name), ['staff']);
  assert.equal((await the.group('okta-finance')).managedBy, 'EXTERNAL');

  await v1.group.removeGroupById({ id: made.id });
  await assert.rejects(v1.group.getGroupByGroupId({ id: made.id }), isNotFoundError);
});

test('members: add one and remove one', async () => {
  const { id: groupId } = await the.group('writers');
  const { ana: accountId } = await the.members('engineering');
  assert.deepEqual(await namesIn('writers'), []);
  await v1.group.addUserToGroupByGroupId({ groupId, accountId });
  assert.deepEqual(await namesIn('writers'), ['ana']);
  const memberOf = await v1.users.getGroupMembershipsForUser({ accountId });
  assert.deepEqual(memberOf.results.map(g => g.name), ['engineering', 'writers']);
  await v1.group.removeMemberFromGroupByGroupId({ groupId, accountId });
  assert.deepEqual(await namesIn('writers'), []);
});

test('members: nobody joins a group of the identity provider', async () => {
  const { id: groupId } = await the.group('okta-finance');
  const { ana: accountId } = await the.members('engineering');
  await assert.rejects(v1.group.addUserToGroupByGroupId({ groupId, accountId }), isForbiddenError);
  assert.deepEqual(await namesIn('okta-finance'), []);
});

test('people: one, many, and in bulk', async () => {
  const { ana: accountId, kim } = await the.members('engineering');
  const ana = await v1.users.getUser({ accountId, expand: ['operations', 'personalSpace', 'isExternalCollaborator'] });
  assert.equal(ana.publicName, 'ana');
  assert.equal(ana.accountType, 'atlassian');
  assert.ok(ana.operations.some(o => o.operation === 'use'));
  const many = await v1.users.getBulkUserLookup({ accountId: [accountId, kim] });
  assert.deepEqual(many.results.map(u => u.publicName), ['ana', 'kim']);
  const bulk = await v2.user.createBulkUserLookup({ body: { accountIds: [accountId, kim] } });
  assert.deepEqual(bulk.results.map(u => [u.accountId, u.accountStatus]), [[accountId, 'active'], [kim, 'active']]);
  const found = await v1.search.searchUser({ cql: 'type=user', limit: 200, expand: ['operations'] });
  assert.ok(found.results.some(r => r.user.accountId === kim), 'kim is found');
});

test('spaces: make, read, list, rename, archive, delete', async () => {
  const made = await v2.space.createSpace({ body: { name: 'Lab', key: 'LAB', description: { value: 'Trials', representation: 'plain' } } });
  const id = Number(made.id);
  const read = await v2.space.getSpaceById({ id, descriptionFormat: 'plain', includeOperations: true, includePermissions: true });
  assert.equal(read.name, 'Lab');
  assert.equal(read.description.plain.value, 'Trials');
  assert.ok(read.createdAt instanceof Date);

  const renamed = await v1.space.updateSpace({ spaceKey: 'LAB', name: 'Laboratory', status: 'archived' });
  assert.equal(renamed.id, id);
  assert.deepEqual((await v2.space.getSpaces({ status: 'archived', sort: 'key' })).results.map(s => s.key), ['LAB', 'OLD']);
  assert.equal((await the.space('LAB')).name, 'Laboratory');

  const task = await v1.space.deleteSpace({ spaceKey: 'LAB' });
  await finished(task.id);
  assert.equal(await the.space('LAB'), undefined);
});

test('spaces: page through all of them', async () => {
  const keys = [];
  let cursor;
  do {
    const page = await v2.space.getSpaces({ limit: 1, cursor });
    keys.push(...page.results.map(s => s.key));
    cursor = page._links.next && new URL(page._links.next, site.url).searchParams.get('cursor');
  } while (cursor);
  assert.deepEqual(keys.toSorted(), ['DOC', 'ENG', 'OLD']);
});

test('roles: the catalogue, then make one, change it, delete it', async () => {
  assert.equal((await v2.spaceRoles.getSpaceRoleMode()).mode, 'ROLES');
  const catalogue = (await v2.spacePermissions.getAvailableSpacePermissions({ limit: 250 })).results;
  assert.ok(catalogue.find(p => p.id === 'create/page').requiredPermissionIds.includes('read/space'));
  const system = (await v2.spaceRoles.getAvailableSpaceRoles({ roleType: 'SYSTEM' })).results;
  assert.deepEqual(system.map(r => r.name).sort(), ['Admin', 'Collaborator', 'Manager', 'Viewer']);

  const made = await v2.spaceRoles.createSpaceRole({ name: 'Reviewer', description: 'Reads and comments', spacePermissions: ['read/space', 'create/comment'] });
  const changed = await v2.spaceRoles.updateSpaceRole({ id: made.id, name: 'Reviewer', description: 'Reads', spacePermissions: ['read/space'] });
  await finished(changed.taskId);
  const read = await v2.spaceRoles.getSpaceRolesById({ id: made.id });
  assert.deepEqual(read.spacePermissions, ['read/space']);

  await finished((await v2.spaceRoles.deleteSpaceRole({ id: made.id })).taskId);
  assert.equal(await the.role('Reviewer'), undefined);
});

test('role assignments: give one, change it, take it', async () => {
  const id = Number((await the.space('ENG')).id);
  const { id: principalId } = await the.group('writers');
  const principal = { principalType: 'GROUP', principalId };
  const held = async () => (await v2.spaceRoles.getSpaceRoleAssignments({ id, principalType: 'GROUP', principalId })).results.map(a => a.roleId);
  const [viewer, collaborator] = [(await the.role('Viewer')).id, (await the.role('Collaborator')).id];
  assert.deepEqual(await held(), []);
  await v2.spaceRoles.setSpaceRoleAssignments({ id, body: [{ principal, roleId: viewer }] });
  assert.deepEqual(await held(), [viewer]);
  await v2.spaceRoles.setSpaceRoleAssignments({ id, body: [{ principal, roleId: collaborator }] });
  assert.deepEqual(await held(), [collaborator]);
  assert.deepEqual((await v2.spaceRoles.getAvailableSpaceRoles({ spaceId: String(id), principalType: 'GROUP', principalId })).results.map(r => r.name), ['Collaborator']);
  await v2.spaceRoles.setSpaceRoleAssignments({ id, body: [{ principal }] });
  assert.deepEqual(await held(), []);
});

test('role assignments: the last admin stays', async () => {
  const id = Number((await the.space('ENG')).id);
  const { id: principalId } = await the.group('engineering');
  const body = [{ principal: { principalType: 'GROUP', principalId } }];
  await assert.rejects(v2.spaceRoles.setSpaceRoleAssignments({ id, body }), refusedWith(400));
  assert.equal((await v2.spaceRoles.getSpaceRoleAssignments({ id, principalId, principalType: 'GROUP' })).results.length, 1);
});

test('restrictions: set them, add to them, read them in every form, clear them', async () => {
  const { homepageId: id } = await the.space('DOC');
  const { kim } = await the.members('engineering');
  const { id: writers } = await the.group('writers');
  const { accountId: me, publicName: mine } = await v1.users.getCurrentUser();
  const expand = ['restrictions.user', 'restrictions.group'];
  const who = r => [...r.restrictions.user.results.map(u => u.publicName), ...r.restrictions.group.results.map(g => g.name)].sort();
  const held = async () => {
    const { results } = await v1.contentRestrictions.getRestrictions({ id, expand });
    return Object.fromEntries(results.map(r => [r.operation, who(r)]));
  };
  assert.deepEqual(await held(), { read: [], update: [] });

  const set = await v1.contentRestrictions.updateRestrictions({
    id, expand,
    body: [{ operation: 'read', restrictions: { user: [{ type: 'known', accountId: me }], group: [{ type: 'group', id: writers }] } }],
  });
  assert.ok(set.restrictionsHash);
  assert.deepEqual(await held(), { read: [mine, 'writers'].sort(), update: [] });

  await v1.contentRestrictions.addRestrictions({
    id, expand,
    body: [{ operation: 'update', restrictions: { user: [{ type: 'known', accountId: me }] } }],
  });
  await v1.contentRestrictions.addUserToContentRestriction({ id, operationKey: 'read', accountId: kim });
  await v1.contentRestrictions.getContentRestrictionStatusForUser({ id, operationKey: 'read', accountId: kim });
  assert.deepEqual(await held(), { read: [mine, 'kim', 'writers'].sort(), update: [mine] });

  const byOperation = await v1.contentRestrictions.getRestrictionsByOperation({ id, expand });
  assert.deepEqual(who(byOperation.read), [mine, 'kim', 'writers'].sort());
  assert.deepEqual(who(await v1.contentRestrictions.getRestrictionsForOperation({ id, operationKey: 'update', expand })), [mine]);

  const check = accountId => v1.contentPermissions.checkContentPermission({ id, subject: { type: 'user', identifier: accountId }, operation: 'read' });
  assert.equal((await check(kim)).hasPermission, true);
  await v1.contentRestrictions.removeUserFromContentRestriction({ id, operationKey: 'read', accountId: kim });
  await assert.rejects(v1.contentRestrictions.getContentRestrictionStatusForUser({ id, operationKey: 'read', accountId: kim }), isNotFoundError);
  assert.equal((await check(kim)).hasPermission, false);

  await v1.contentRestrictions.removeGroupFromContentRestriction({ id, operationKey: 'read', groupId: writers });
  await v1.contentRestrictions.addGroupToContentRestrictionByGroupId({ id, operationKey: 'update', groupId: writers });
  assert.deepEqual(await held(), { read: [mine], update: [mine, 'writers'].sort() });

  const found = await v1.content.searchContentByCQL({
    cql: 'space=DOC and type=page', limit: 25,
    expand: ['restrictions.read.restrictions.user', 'restrictions.update.restrictions.group', 'ancestors'],
  });
  const page = found.results.find(p => p.id === id);
  assert.deepEqual(page.restrictions.read.restrictions.user.results.map(u => u.publicName), [mine]);
  assert.deepEqual(page.ancestors, []);

  await v1.contentRestrictions.deleteRestrictions({ id, expand });
  assert.deepEqual(await held(), { read: [], update: [] });
});

test('pages: list them, read one', async () => {
  const { id, homepageId } = await the.space('DOC');
  const inSpace = await v2.page.getPagesInSpace({ id: Number(id) });
  assert.ok(inSpace.results.some(p => p.id === homepageId));
  const page = await v2.page.getPageById({ id: Number(homepageId) });
  assert.equal(page.spaceId, id);
  assert.deepEqual((await v2.ancestors.getPageAncestors({ id: Number(homepageId) })).results, []);
  assert.ok((await v2.page.getPages({ limit: 250 })).results.some(p => p.id === homepageId));
});

test('admin key: ask for it, read it, give it back', async () => {
  await assert.rejects(v2.adminKey.getAdminKey(), isNotFoundError);
  const key = await v2.adminKey.enableAdminKey({ body: { durationInMinutes: 5 } });
  assert.deepEqual(await v2.adminKey.getAdminKey(), key);
  await v2.adminKey.disableAdminKey();
  await assert.rejects(v2.adminKey.getAdminKey(), isNotFoundError);
});

test('the audit log tells who did what', async () => {
  const { results } = await v1.audit.getAuditRecords({ limit: 1000 });
  assert.ok(results.length > 0);
  assert.ok(results.every(r => r.creationDate > 1e12), 'dates are milliseconds');
});

test('a wrong token is refused', async () => {
  const wrong = clientsOf(site, 'ATATT-not-a-token');
  await assert.rejects(wrong.v1.users.getCurrentUser(), isAuthError);
  await assert.rejects(wrong.v1.group.createGroup({ name: 'sneaked-in' }), isAuthError);
  await assert.rejects(wrong.v2.space.getSpaces(), isAuthError);
  assert.equal((await v1.group.searchGroups({ query: 'sneaked-in' })).size, 0);
});

// The tests of a file run from top to bottom: this is the sum of them all.
test('the audit found no drift', () => assert.deepEqual(drift(), []));

// finished: here a task has ended by the time that it can be asked for.
async function finished(id) {
  const task = await v1.longRunningTask.getTask({ id });
  assert.deepEqual([task.finished, task.successful, task.percentageComplete], [true, true, 100]);
}
