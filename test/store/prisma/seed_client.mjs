// Creates, reads, updates, upserts and deletes a row in each of the six tables with the real Prisma client.
// node seed_client.mjs <postgres connection string>; exit code 0 when everything held.
import assert from "node:assert/strict";
import { PrismaPg } from "@prisma/adapter-pg";
import client from "./generated/index.js";

const connectionString = process.argv[2];
assert.ok(connectionString, "usage: node seed_client.mjs <postgres connection string>");
const prisma = new client.PrismaClient({ adapter: new PrismaPg({ connectionString }) });

// Per model: what create gets, by what it is found, what update changes.
const models = {
  systemConfig: [{ key: "fleet.image", value: "one" }, (row) => ({ key: row.key }), { value: "two" }],
  breakglassUser: [{ username: "admin", passwordHash: "hash" }, (row) => ({ username: row.username }), { isActive: false }],
  llmProvider: [
    { userId: "alice", name: "work", displayName: "Work", type: "openai", models: [{ id: "m", name: "M" }] },
    (row) => ({ userId_name: { userId: row.userId, name: row.name } }),
    { baseUrl: "http://127.0.0.1:1", models: [] },
  ],
  userContainer: [
    { userId: "alice", containerName: "mosaic-user-alice", gatewayToken: "enc:token" },
    (row) => ({ userId: row.userId }),
    { status: "running", containerId: "c0ffee", gatewayPort: 18789, lastActiveAt: new Date(), config: { a: 1 } },
  ],
  systemContainer: [
    { name: "mosaic-system-ops", role: "operations", gatewayToken: "enc:token", primaryModel: "work/m" },
    (row) => ({ name: row.name }),
    { isActive: false, providerId: "p1" },
  ],
  userAgentConfig: [
    { userId: "alice", primaryModel: "work/m", fallbackModels: ["work/n"] },
    (row) => ({ userId: row.userId }),
    { personality: "kind", providerId: "p1" },
  ],
};

function expectIn(row, data, what) {
  for (const [name, value] of Object.entries(data)) assert.deepEqual(row[name], value, `${what}.${name}`);
}

// An upgraded database has rows already.
const others = {};

try {
  for (const name of Object.keys(models)) others[name] = await prisma[name].count();
  for (const [name, [data, unique, change]] of Object.entries(models)) {
    const model = prisma[name];
    const created = await model.create({ data });
    expectIn(created, data, `${name}.create`);
    expectIn(await model.findUnique({ where: unique(created) }), data, `${name}.findUnique`);
    expectIn(await model.update({ where: { id: created.id }, data: change }), change, `${name}.update`);
    const upserted = await model.upsert({ where: unique(created), create: data, update: data });
    expectIn(upserted, data, `${name}.upsert`);
    assert.equal((await model.findMany({ where: { id: { in: [created.id] } } })).length, 1);
    assert.equal((await model.updateMany({ where: {}, data: change })).count, others[name] + 1);
  }
  // All in one interactive transaction, as a service would delete a user.
  await prisma.$transaction(async (transaction) => {
    for (const name of Object.keys(models)) {
      assert.equal((await transaction[name].deleteMany({})).count, others[name] + 1);
    }
  });
  for (const [name, [data]] of Object.entries(models)) {
    await prisma[name].createMany({ data: [data] });
    const row = await prisma[name].findFirst();
    await prisma[name].delete({ where: { id: row.id } });
    assert.equal(await prisma[name].count(), 0);
  }
  console.log("the Prisma client works in all six tables");
} finally {
  await prisma.$disconnect();
}
