// registry_tuf_js.cjs: asks tuf-js for one target. SPDX-License-Identifier: Apache-2.0
// node registry_tuf_js.cjs TUF_JS METADATA_URL TARGETS_URL METADATA_FOLDER TARGETS_FOLDER TARGET_PATH [facts]
// facts: what is said of it, without its bytes.
const crypto = require('crypto');
const fs = require('fs');

const [tufJs, metadataBaseUrl, targetBaseUrl, metadataDir, targetDir, path, what] = process.argv.slice(2);
const { Updater } = require(tufJs);

async function ask() {
  const updater = new Updater({
    metadataDir,
    metadataBaseUrl,
    targetDir,
    targetBaseUrl,
    config: { fetchRetry: 0, fetchRetries: 0 },
  });
  await updater.refresh();
  const target = await updater.getTargetInfo(path);
  if (!target) return 'absent';
  if (what === 'facts') return target.custom.state;
  const file = await updater.downloadTarget(target);
  const bytes = fs.readFileSync(file);
  const shown = bytes.length < 1000 ? bytes.toString('utf8') : crypto.createHash('sha256').update(bytes).digest('hex');
  return `${shown} ${target.custom.state ?? target.custom.targets}`;
}

// tuf-js wraps some errors in a RuntimeError, whose text says which it was.
ask().then(
  (answer) => console.log(answer),
  (error) => console.log(`refused ${error.name === 'RuntimeError' ? '' : `${error.constructor.name} `}${error.message}`),
);
