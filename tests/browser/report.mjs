// One line for each check, and a count at the end.
export class Report {
  passed = 0;
  failed = 0;
  /** No check begins or counts any more. */
  over = false;

  async check(name, run) {
    if (this.over) return;
    try {
      await run();
      this.passed += 1;
      console.log(`ok ${name}`);
    } catch (error) {
      if (this.over) return;
      this.failed += 1;
      const reason = String(error?.message ?? error).replaceAll(/\u001b\[\d+m/g, "");
      console.log(`FAIL ${name} ${reason.split("\n").map((line) => line.trim()).filter(Boolean).join(" | ").slice(0, 1500)}`);
    }
  }

  figure(name, text) {
    console.log(`figure ${name}: ${text}`);
  }

  end() {
    console.log(`${this.passed} passed, ${this.failed} failed`);
    return this.failed === 0 && this.passed > 0 ? 0 : 1;
  }
}
