// The table of all configuration keys for the README.
import { configurationKeys } from './describe.js';

export function configurationTable(): string {
  const rows = configurationKeys().map(({ key, default: value, meaning }) => {
    const shown = value === '' ? '' : /^[a-z, ]+$/.test(value) && value.includes(' ') ? value : `\`${value}\``;
    return `| \`${key}\` | ${shown} | ${meaning.replaceAll('|', '\\|')} |`;
  });
  return ['| key | default | |', '| --- | --- | --- |', ...rows].join('\n');
}
