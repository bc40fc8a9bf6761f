// The table of all configuration keys, as the README has it.
import { configurationKeys } from './describe.js';

export function configurationTable(): string {
  const rows = configurationKeys().map(({ key, default: value, meaning }) => {
    const shown = value === '' ? '' : /^[a-z, ]+$/.test(value) && value.includes(' ') ? value : `\`${value}\``;
    return `| \`${key}\` | ${shown} | ${meaning.replaceAll('|', '\\|')} |`;
  });
  return ['| key | default | |', '| --- | --- | --- |', ...rows].join('\n');
}
