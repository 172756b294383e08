/** OpenSSL's verification errors (`X509_V_ERR_…` without that prefix), and Node's own. */
const codes =
  /^(CERT_|CRL_|SELF_SIGNED_CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(GET|VERIFY|DECRYPT|DECODE)_|INVALID_(CA|PURPOSE)|HOSTNAME_MISMATCH|ERROR_IN_CERT_|ERR_TLS_CERT_)/;

/**
 * Whether an error's `code` says that the server's certificate was refused, before anything was sent to it. None of these
 * passes by waiting.
 */
export const isUntrusted = (code: string): boolean => codes.test(code);
