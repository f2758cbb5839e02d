// registry_tuf_js.cjs: asks tuf-js for one target. SPDX-License-Identifier: Apache-2.0
// node registry_tuf_js.cjs TUF_JS URL METADATA_FOLDER TARGETS_FOLDER TARGET_PATH
const fs = require('fs');

const [tufJs, url, metadataDir, targetDir, path] = process.argv.slice(2);
const { Updater } = require(tufJs);

async function ask() {
  const updater = new Updater({
    metadataDir,
    metadataBaseUrl: `${url}/metadata`,
    targetDir,
    targetBaseUrl: `${url}/targets`,
    config: { fetchRetry: 0, fetchRetries: 0 },
  });
  await updater.refresh();
  const target = await updater.getTargetInfo(path);
  if (!target) return 'absent';
  const file = await updater.downloadTarget(target);
  return `${fs.readFileSync(file, 'utf8')} ${target.custom.state}`;
}

// tuf-js wraps some errors in a RuntimeError, whose text says which it was.
ask().then(
  (answer) => console.log(answer),
  (error) => console.log(`refused ${error.name === 'RuntimeError' ? '' : `${error.constructor.name} `}${error.message}`),
);
