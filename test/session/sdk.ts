// What the applications of these tests import: the SDK, and inversify's decorator.
export * from '@siplet/sdk';
export { inject } from 'inversify';
