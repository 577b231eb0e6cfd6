import { generate } from 'selfsigned';

/** A private key and its self-signed certificate, both PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

let made: Promise<Certificate> | undefined;

/**
 * The certificate of all local servers of this process, for 127.0.0.1 and localhost, good for a day. A client must be told
 * to trust it (NODE_EXTRA_CA_CERTS, tls.setDefaultCACertificates or the `ca` option).
 */
export function localCertificate(): Promise<Certificate> {
  made ??= makeCertificate();
  return made;
}

async function makeCertificate(): Promise<Certificate> {
  const now = Date.now();
  const day = 24 * 60 * 60 * 1000;
  const pem = await generate([{ name: 'commonName', value: 'Parley local voice server' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(now - day),
    notAfterDate: new Date(now + day),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      // Voice clients connect by address and check it: without the IP entry they refuse the certificate.
      {
        name: 'subjectAltName',
        altNames: [
          { type: 7, ip: '127.0.0.1' },
          { type: 2, value: 'localhost' },
        ],
      },
    ],
  });
  return { key: pem.private, cert: pem.cert };
}
