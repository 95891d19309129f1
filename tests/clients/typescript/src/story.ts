// The opening story: a stranger signs an agency up, invites people, plans a project, and three parties read it back.
//   node build/story.js http://127.0.0.1:8000
import assert from "node:assert/strict";
import { ApiError, Client } from "./client.js";
import * as api from "./generated/graphql.js";
import { tokenMailedTo } from "./mailbox.js";

const server = process.argv[2]?.replace(/\/$/, "");
if (!server) throw new Error("usage: story.js <address of the server>");
const nobody = new Client(server);
const PASSWORD = "Opening-night-under-4-lanterns!";
const run = Date.now().toString(36);

async function agency(name: string, owner: string) {
  const slug = `${name.toLowerCase()}-${run}`;
  const { signUp } = await nobody.ask(api.SignUpDocument, {
    input: { tenantName: name, tenantSlug: slug, email: owner, password: PASSWORD, givenName: "Olga", familyName: "Owner" },
  });
  assert.equal(signUp.tenantSlug, slug);
  assert.equal(signUp.email, owner);
  const { verifyEmail } = await nobody.ask(api.VerifyEmailDocument, { input: { token: await tokenMailedTo(server!, owner) } });
  assert.equal(verifyEmail.email, owner);
  assert.equal(verifyEmail.agency.slug, slug);
  const { client } = await login(slug, owner);
  return { slug, client };
}

async function login(tenant: string, email: string) {
  const { login } = await nobody.ask(api.LoginDocument, { input: { tenant, email, password: PASSWORD, delivery: "BODY" } });
  assert.equal(login.challenge, null);
  assert.ok(login.accessToken, "delivery BODY answers the access token");
  assert.ok(login.refreshToken, "delivery BODY answers the refresh token");
  assert.ok(new Date(login.expiresAt ?? 0) > new Date(), "the token has not ended yet");
  assert.equal(login.viewer?.tenant.slug, tenant);
  assert.equal(login.viewer.user.email, email);
  return { client: nobody.as(login.accessToken), user: login.viewer.user.id, roles: login.viewer.roles.map((role) => role.key) };
}

async function invite(owner: Client, slug: string, email: string, roleId: string, accountId?: string) {
  await owner.ask(api.InviteUserDocument, { input: { email, roles: [roleId], ...(accountId ? { accountId } : {}) } });
  const token = await tokenMailedTo(server!, email);
  const { invitation } = await nobody.ask(api.InvitationDocument, { token });
  assert.equal(invitation.agency.slug, slug);
  assert.equal(invitation.hasAccount, false);
  await nobody.ask(api.AcceptInvitationDocument, {
    input: { token, password: PASSWORD, givenName: "Ines", familyName: "Invited" },
  });
  return login(slug, email);
}

async function refused(code: string, action: Promise<unknown>) {
  await assert.rejects(action, (error) => {
    assert.ok(error instanceof ApiError, String(error));
    assert.equal(error.code, code, error.message);
    return true;
  });
}

function told(line: string) {
  console.log(`ok  ${line}`);
}

const north = await agency("North", `owner-${run}@north.test`);
const south = await agency("South", `owner-${run}@south.test`);
told("two agencies signed up, confirmed their mail and signed in");

const roles = new Map((await north.client.ask(api.RolesDocument, {})).roles.map((role) => [role.key, role.id]));
const role = (key: string) => roles.get(key) ?? assert.fail(`no role ${key} among ${[...roles.keys()].join(", ")}`);
const { account } = (await north.client.ask(api.CreateAccountDocument, { input: { name: "Bluebird Foods" } })).createAccount;
const manager = await invite(north.client, north.slug, `pm-${run}@north.test`, role("project_manager"));
const client = await invite(north.client, north.slug, `client-${run}@bluebird.test`, role("client"), account.id);
assert.deepEqual([...manager.roles, ...client.roles], ["project_manager", "client"]);
told("a manager and a client were invited, accepted and signed in");

const { project } = (
  await north.client.ask(api.CreateProjectDocument, {
    input: { name: "Bluebird relaunch", accountId: account.id, managerId: manager.user },
  })
).createProject;
const titles = ["Interview the shop staff", "Draw the new label", "Print the first thousand"];
for (const title of titles) {
  const { task } = (
    await manager.client.ask(api.CreateTaskDocument, {
      input: { projectId: project.id, title, dueOn: "2027-03-31", assigneeIds: [manager.user] },
    })
  ).createTask;
  assert.equal(task.project?.id, project.id);
}
told("the owner created a project for the account, its manager the tasks");

const asManager = (await manager.client.ask(api.ProjectDocument, { id: project.id })).project;
assert.equal(asManager.name, "Bluebird relaunch");
assert.equal(asManager.account?.name, "Bluebird Foods");
assert.equal(asManager.manager?.id, manager.user);
const tasks = asManager.tasks?.nodes ?? [];
assert.deepEqual(tasks.map((task) => [task.title, task.dueOn]), titles.map((title) => [title, "2027-03-31"]));
assert.deepEqual(tasks.map((task) => task.assignees.map((person) => person.id)), titles.map(() => [manager.user]));
told("the manager reads it back whole");

const asClient = (await client.client.ask(api.ProjectsDocument, { first: 10 })).projects;
assert.deepEqual(asClient.nodes.map((seen) => [seen.id, seen.account?.id]), [[project.id, account.id]]);
assert.equal(asClient.nodes[0]?.tasks?.totalCount, titles.length);
await refused("FORBIDDEN", client.client.ask(api.CreateTaskDocument, { input: { projectId: project.id, title: "Mine" } }));
told("the client of that account sees the project and may not change it");

const asStranger = (await south.client.ask(api.ProjectsDocument, { first: 10 })).projects;
assert.equal(asStranger.totalCount, 0);
assert.deepEqual(asStranger.nodes, []);
await refused("NOT_FOUND", south.client.ask(api.ProjectDocument, { id: project.id }));
assert.equal((await south.client.ask(api.NodeDocument, { id: project.id })).node, null);
await refused("NOT_FOUND", south.client.ask(api.CreateTaskDocument, { input: { projectId: project.id, title: "Theirs" } }));
await refused("UNAUTHENTICATED", nobody.ask(api.ProjectsDocument, { first: 10 }));
told("another agency sees nothing of it, nor does a stranger");
