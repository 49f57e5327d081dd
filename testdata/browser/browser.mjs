// A browser of this machine, driven by playwright-core: it brings none of its own.

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

import { chromium } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Where the browser is: BROWSER says, or it is on the PATH. Empty where there is none. */
export const browserPath = process.env.BROWSER || names
  .flatMap(name => (process.env.PATH ?? '').split(delimiter).map(dir => join(dir, name)))
  .find(path => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  }) || '';

/** What a suite is skipped with: why, or false. */
export const missing = browserPath ? false : `no browser was found (install ${names[0]}, or name one with BROWSER)`;

/** Starts the browser. A sandbox cannot be had as root. */
export const launch = () => chromium.launch({ executablePath: browserPath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
