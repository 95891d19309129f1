// An S3 server for tests: s3rver, which keeps objects in a folder, behind a check of signatures (AWS Signature Version 4,
// as "Authenticating Requests: Using the Authorization Header" of the S3 API reference has it), which s3rver leaves out.
//
//   node serve.js <folder> <port>        the bucket is `atrium`, the credentials are S3RVER and S3RVER
'use strict';

const crypto = require('crypto');
const S3rver = require('s3rver');

const SECRET = 'S3RVER';
const [folder, port] = process.argv.slice(2);

const hmac = (key, text) => crypto.createHmac('sha256', key).update(text, 'utf8').digest();
const sha256 = text => crypto.createHash('sha256').update(text, 'utf8').digest('hex');
const encoded = text =>
  encodeURIComponent(text).replace(/[!'()*]/g, one => '%' + one.charCodeAt(0).toString(16).toUpperCase());

function isSigned(request) {
  const form = /^AWS4-HMAC-SHA256 Credential=[^/]+\/(\d{8}\/[^/]+\/s3\/aws4_request), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;
  const found = form.exec(request.headers.authorization || '');
  if (!found) return false;
  const [, scope, names, signature] = found;
  const signed = names.split(';');
  if (!['host', 'x-amz-content-sha256', 'x-amz-date'].every(name => signed.includes(name))) return false;
  const url = new URL(request.url, 'http://host');
  const query = [...url.searchParams].map(([name, value]) => `${encoded(name)}=${encoded(value)}`).sort();
  const headers = signed.map(name => `${name}:${(request.headers[name] || '').trim()}\n`);
  const canonical = [
    request.method,
    url.pathname,
    query.join('&'),
    headers.join(''),
    names,
    request.headers['x-amz-content-sha256'],
  ].join('\n');
  const [day, region] = scope.split('/');
  const key = ['s3', 'aws4_request'].reduce(hmac, hmac(hmac('AWS4' + SECRET, day), region));
  const text = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  return crypto.timingSafeEqual(hmac(key, text), Buffer.from(signature, 'hex'));
}

const server = new S3rver({
  directory: folder,
  address: '127.0.0.1',
  port: Number(port),
  silent: true,
  vhostBuckets: false,
  configureBuckets: [{ name: 'atrium', configs: [] }],
});
server.middleware.unshift(async (ctx, next) => {
  if (isSigned(ctx.req)) return next();
  ctx.status = 403;
  ctx.type = 'application/xml';
  ctx.body = '<Error><Code>SignatureDoesNotMatch</Code><Message>The signature does not match.</Message></Error>';
});
server.run();
