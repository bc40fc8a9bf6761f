#!/usr/bin/env node
// Stands here, and not in dist/, so that `npm ci` can link it before anything is built.
import '../dist/cli/siplet.js';
