import { defineConfig } from 'oxlint';
import root from '../../../oxlint.config.ts';

/** The root's rules, for what the root leaves out because it needs the packages of `bench/peers`. */
export default defineConfig({ ...root, ignorePatterns: ['oxlint.config.ts'] });
