// What the browser does besides showing pages, over the whole run: where it asks, what it complains about, what it
// carries.
export class Watch {
  elsewhere = [];
  complaints = [];
  /** Bytes of each page of ours, head and body. */
  weights = new Map();
  /** First contentful paint of each page of ours, in milliseconds. */
  paints = [];

  constructor(issuer, origins) {
    this.issuer = issuer;
    this.origins = [issuer, ...origins];
  }

  /** Watches every page of a browser context. */
  over(context) {
    context.on("request", (request) => {
      const url = new URL(request.url());
      if (!this.origins.includes(url.origin)) this.elsewhere.push(url.href);
      else if (url.origin === this.issuer && !isOfPage(request, url)) this.elsewhere.push(url.href);
    });
    context.on("console", (message) => {
      if (["error", "warning"].includes(message.type()) && !isStatus(message)) this.complaints.push(message.text());
    });
    context.on("weberror", (error) => this.complaints.push(String(error.error())));
  }

  /** Weighs a page, and takes the time that it needed to appear. */
  async weigh(name, page, response) {
    const { responseHeadersSize } = await response.request().sizes();
    this.weights.set(name, responseHeadersSize + (await response.body()).length);
    const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
    if (paint !== undefined) this.paints.push(paint);
  }
}

// A page loads nothing but its icon.
function isOfPage(request, { pathname }) {
  return request.resourceType() === "document" || pathname === "/favicon.svg";
}

// Chromium complains of every page with a status of 400 or more; a test of its own knows which status is right.
function isStatus(message) {
  return message.text().startsWith("Failed to load resource: the server responded with a status of 4");
}
