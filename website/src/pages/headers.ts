import helmet from 'helmet';

/** A browser may keep what names people, but must ask before it shows it again; search engines may not. */
export const OF_PEOPLE = { 'Cache-Control': 'private, no-cache', 'X-Robots-Tag': 'noindex' };

/**
 * No script runs at all. Some of helmet's headers are off, because browsers heed them only over HTTPS
 * or, worse, would switch to HTTPS, which the website does not speak.
 */
export const securityHeaders = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'], // Pico's icons are data
      formAction: ["'self'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  strictTransportSecurity: false,
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  // With helmet's `no-referrer`, browsers send the website's own forms with `Origin: null`.
  referrerPolicy: { policy: 'same-origin' },
  xFrameOptions: { action: 'deny' }, // what frame-ancestors says, for old browsers
});
