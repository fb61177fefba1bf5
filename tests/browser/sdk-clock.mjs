// Clocks that are wrong, tabs that sleep.
import assert from "node:assert/strict";
import {
  allSignedIn, call, codeOf, countRefreshes, DAY, events, heard, HOUR, MINUTE, newBrowser, newTab, reload, signIn,
  somebody, stored, until,
} from "./sdk-world.mjs";

// A tab whose script stands still, wherever it is when it next runs.
async function sleeping(context, tab) {
  const session = await context.newCDPSession(tab);
  await session.send("Debugger.enable");
  await session.send("Debugger.pause");
  return { wake: () => session.send("Debugger.disable") };
}

export const clocks = (world) => ({
  async "the device's clock is two hours off, either way: signed in, and one refresh an hour"() {
    for (const off of [2 * HOUR, -2 * HOUR]) {
      const context = await newBrowser(world, { clock: Date.now() + off });
      const tab = await newTab(world, context);
      const count = countRefreshes(context);
      const email = somebody();
      await signIn(world, tab, email);
      const { exp, key } = await stored(tab);
      assert.ok(Math.abs(exp - (Date.now() + HOUR)) < MINUTE, "the end is by the server's clock");
      assert.notEqual(key, "", "bound to a key, though proofs are made by the clock");
      await reload(world, tab);
      await context.clock.runFor(2000);
      await allSignedIn([tab, await newTab(world, context)]);
      await context.clock.fastForward(45 * MINUTE);
      await new Promise((go) => setTimeout(go, 500));
      assert.deepEqual([count.asked, count.refused], [0, []], "not before its time");
      await context.clock.fastForward(11 * MINUTE);
      await heard(tab, "TOKEN_REFRESH");
      await until("the answers", () => count.answered === count.asked);
      assert.deepEqual([count.successors.size, count.refused], [1, []]);
      await allSignedIn([tab]);
      await context.close();
    }
  },

  async "the device's clock jumps two hours while signed in, either way"() {
    for (const off of [2 * HOUR, -2 * HOUR]) {
      const context = await newBrowser(world, { clock: Date.now() });
      const tab = await newTab(world, context);
      await signIn(world, tab);
      await context.clock.setSystemTime(Date.now() + off);
      await allSignedIn([tab, await newTab(world, context)]);
      await reload(world, tab);
      await allSignedIn([tab]);
      const { rt } = await stored(tab);
      await context.clock.fastForward(56 * MINUTE);
      await until("new tokens", async () => (await stored(tab)).rt !== rt);
      await allSignedIn([tab]);
      await context.close();
    }
  },

  async "the code is proven after a reload by a clock that is two hours off"() {
    const context = await newBrowser(world, { clock: Date.now() - 2 * HOUR });
    const tab = await newTab(world, context);
    const email = somebody();
    await call(tab, "sendOTP", email);
    await reload(world, tab);
    assert.equal((await call(tab, "verifyOTP", email, await codeOf(world, email))).user?.email, email);
    assert.notEqual((await stored(tab)).key, "");
    await context.close();
  },

  async "a refresh comes five to ten minutes before the end, never at the same moment"() {
    const context = await newBrowser(world, { clock: Date.now(), without: ["database"] });
    const tab = await newTab(world, context);
    await signIn(world, tab);
    const moments = [];
    for (let turn = 0; turn < 6; turn += 1) {
      const { rt } = await stored(tab);
      let passed = 49 * MINUTE;
      await context.clock.fastForward(passed);
      for (; (await stored(tab)).rt === rt && passed < HOUR; passed += MINUTE / 6) {
        await context.clock.runFor(MINUTE / 6);
        await new Promise((go) => setTimeout(go, 50));
      }
      moments.push(passed / MINUTE);
    }
    assert.deepEqual(moments.filter((moment) => moment < 50 || moment > 56), [], `${moments}`);
    assert.ok(new Set(moments.map((moment) => moment.toFixed(1))).size > 2, `${moments}`);
    await allSignedIn([tab]);
    await context.close();
  },

  async "a tab that is alone wakes up a day later, with timers that stood still"() {
    for (const wake of ["focus", "online", "use"]) {
      const context = await newBrowser(world, { clock: Date.now() });
      const tab = await newTab(world, context);
      await signIn(world, tab);
      const { rt } = await stored(tab);
      await context.clock.setSystemTime(Date.now() + DAY);
      if (wake === "use") await call(tab, "getAccessToken");
      else await tab.evaluate((wake) => void window.dispatchEvent(new Event(wake)), wake);
      await until("new tokens", async () => (await stored(tab)).rt !== rt);
      await allSignedIn([tab]);
      await context.close();
    }
  },

  async "a tab sleeps while another refreshes all day: it wakes, reads the storage, and presents nothing old"() {
    for (const options of [{}, { enableTabSync: false }]) {
      const context = await newBrowser(world, { clock: Date.now() });
      const [tab, awake] = [await newTab(world, context, options), await newTab(world, context, options)];
      await signIn(world, awake);
      await allSignedIn([tab, awake]);
      const asleep = await sleeping(context, tab);
      for (let turn = 0; turn < 6; turn += 1) {
        const { rt } = await stored(awake);
        await pass(awake, 56 * MINUTE);
        await until("new tokens", async () => (await stored(awake)).rt !== rt);
      }
      const count = countRefreshes(context);
      await asleep.wake();
      await pass(tab, DAY);
      await call(tab, "getAccessToken");
      await allSignedIn([tab, awake]);
      assert.deepEqual(count.refused, [], "nothing old was presented");
      const heardOf = (await events(tab)).filter((event) => event === "TOKEN_REFRESH").length;
      assert.ok(heardOf < 6, `it slept: heard of ${heardOf}`);
      await context.close();
    }
  },
});

// Time passes for one tab: the context's clock would wait for the one that sleeps.
function pass(tab, time) {
  return tab.evaluate((time) => __pwClock.controller.fastForward(time), time);
}
