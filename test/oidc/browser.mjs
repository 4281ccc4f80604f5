// As much of a browser as signing in needs: cookies by host and port, and redirects followed one by one.
export class Browser {
  cookies = new Map(); // origin -> name -> value

  async request(url, { method = 'GET', form, json, headers = {} } = {}) {
    const origin = new URL(url).origin;
    const jar = this.cookies.get(origin) ?? new Map();
    const sent = { ...headers };
    if (jar.size > 0) sent.cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    if (method !== 'GET') sent.origin = origin;
    let body;
    if (form) {
      body = new URLSearchParams(form).toString();
      sent['content-type'] = 'application/x-www-form-urlencoded';
    } else if (json !== undefined) {
      body = JSON.stringify(json);
      sent['content-type'] = 'application/json';
    }
    const response = await fetch(url, { method, body, headers: sent, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [pair, ...attributes] = line.split('; ');
      const name = pair.slice(0, pair.indexOf('='));
      const value = pair.slice(pair.indexOf('=') + 1);
      const ended = value === '' || attributes.some((a) => /^max-age=0$/i.test(a) || /^expires=thu, 01 jan 1970/i.test(a));
      if (ended) jar.delete(name);
      else jar.set(name, value);
    }
    this.cookies.set(origin, jar);
    return response;
  }

  get(url, options) {
    return this.request(url, options);
  }

  // From the product's start to the URL that the issuer sends the browser back to, which is not opened yet.
  async signInAtIssuer(start, login) {
    let response = await this.get(start);
    let url = start;
    for (let step = 0; step < 20; step += 1) {
      if (response.status >= 300 && response.status < 400) {
        url = new URL(response.headers.get('location'), url).href;
        if (url.includes('/callback?')) return url;
        response = await this.get(url);
        continue;
      }
      const page = await response.text();
      const form = /<form[^>]*action="([^"]+)"/.exec(page);
      if (!form) throw new Error(`no form at ${url} (${response.status}): ${page.slice(0, 500)}`);
      const fields = page.includes('value="login"') ? { prompt: 'login', login, password: 'any' } : { prompt: 'consent' };
      url = new URL(form[1], url).href;
      response = await this.request(url, { method: 'POST', form: fields });
    }
    throw new Error('the issuer does not come to an end');
  }
}
