// Reads requests as JSON lines and writes the path and query that LinkedIn's JavaScript client sends for each. Nothing
// leaves the machine: an adapter stands where HTTP would be.
'use strict';
const readline = require('readline');
const { RestliClient } = require('linkedin-api-client');

const client = new RestliClient({ disableQueryTunneling: true });

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { resource, keys, query } = JSON.parse(line);
    let sent = '';
    const adapter = (config) => {
      sent = config.url;
      return Promise.resolve({ data: {}, status: 200, statusText: 'OK', headers: {}, config });
    };
    try {
      await client.get({ resourcePath: resource, pathKeys: keys || {}, queryParams: query || {}, accessToken: 'none', additionalConfig: { adapter } });
    } catch (error) {
      sent = 'error: ' + error.message;
    }
    const from = sent.indexOf('/v2/');
    const [path, ...rest] = sent.slice(Math.max(0, from)).split('?');
    process.stdout.write(JSON.stringify({ path, query: rest.join('?') }) + '\n');
  }
}

main();
