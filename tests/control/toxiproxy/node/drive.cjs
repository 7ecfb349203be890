// Drives the API through the published client: node drive.cjs URL BACKEND, with NODE_PATH at its module.
"use strict";
const assert = require("node:assert/strict");
const net = require("node:net");
const client = require("toxiproxy-node-client");

const [url, backend] = process.argv.slice(2);

function answer(listen) {
  // What the backend says through the proxy, or the code of the error.
  const colon = listen.lastIndexOf(":");
  return new Promise((resolve) => {
    const socket = net.connect(Number(listen.slice(colon + 1)), "127.0.0.1");
    socket.on("data", (data) => { resolve(data.toString()); socket.destroy(); });
    socket.on("error", (error) => resolve(error.code));
    socket.on("close", () => resolve("closed"));
  });
}

async function fails(promise, what) {
  const error = await promise.then(() => null, (reason) => reason);
  assert.ok(error, `${what} should have failed`);
  return String(error.message ?? error);
}

async function main() {
  const toxiproxy = new client.Toxiproxy(url);
  assert.match(await toxiproxy.getVersion(), /2\.12\.0/);
  assert.deepEqual(Object.keys(await toxiproxy.getAll()), []);

  const proxy = await toxiproxy.createProxy({ name: "web", listen: "localhost:0", upstream: backend });
  assert.match(proxy.listen, /^127\.0\.0\.1:[1-9]\d*$/);
  assert.equal(proxy.enabled, true);
  assert.equal(await answer(proxy.listen), "welcome");
  console.log(await fails(toxiproxy.createProxy({ name: "web", listen: "localhost:0", upstream: backend }), "a second web"));
  console.log(await fails(toxiproxy.get("nobody"), "an unknown proxy"));

  const toxic = await proxy.addToxic({
    name: "slow", type: "latency", stream: "upstream", toxicity: 0.5, attributes: { latency: 100, jitter: 0 },
  });
  assert.deepEqual(toxic.attributes, { latency: 100, jitter: 0 });
  assert.equal(toxic.toxicity, 0.5);
  const updated = await toxic.update({ toxicity: 1, attributes: { latency: 200, jitter: 10 } });
  assert.deepEqual(updated.attributes, { latency: 200, jitter: 10 });
  assert.equal((await proxy.getToxic("slow")).attributes.latency, 200);
  console.log(await fails(proxy.addToxic({ name: "no", type: "nope", attributes: {} }), "an unknown type"));
  for (const [type, attributes] of Object.entries({
    bandwidth: { rate: 1000 }, slow_close: { delay: 10 }, timeout: { timeout: 0 }, reset_peer: { timeout: 0 },
    slicer: { average_size: 1000, size_variation: 1000, delay: 10 }, limit_data: { bytes: 1000 },
  })) {
    const one = await proxy.addToxic({ name: type, type, stream: "downstream", toxicity: 1, attributes });
    assert.deepEqual({ ...one.attributes }, attributes);
    await one.remove();
  }
  await toxic.remove();
  console.log(await fails(proxy.getToxic("slow"), "a removed toxic"));

  const off = await proxy.update({ enabled: false, listen: proxy.listen, upstream: backend });
  assert.equal(off.enabled, false);
  assert.equal(await answer(proxy.listen), "ECONNREFUSED");
  await toxiproxy.reset();
  assert.equal(await answer(proxy.listen), "welcome");

  const made = await toxiproxy.populate([
    { name: "web", listen: proxy.listen, upstream: backend },
    { name: "other", listen: "localhost:0", upstream: backend, enabled: false },
  ]);
  assert.deepEqual(Object.values(made).map((p) => p.name).sort(), ["other", "web"]);
  await (await toxiproxy.get("other")).remove();
  await proxy.remove();
  assert.deepEqual(Object.keys(await toxiproxy.getAll()), []);
  console.log("all went well");
}

main().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
