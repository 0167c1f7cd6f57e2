// Times encoders under ONNX Runtime and writes its profiles.
//
// Usage: node onnxruntime_encoders.js MODELS OUT [PROFILES]
// MODELS holds what onnxruntime_encoders.py wrote; OUT becomes the table of whole models that `berth validate --measured`
// reads; with PROFILES each encoder also runs with profiling, for `berth import`. Needs the npm package onnxruntime-node.
const fs = require('fs');
const os = require('os');
const path = require('path');
const ort = require('onnxruntime-node');

const [models, out, profiles] = process.argv.slice(2);
const LENGTHS = [64, 122, 128, 256, 512];
const THREADS = [1, 2];
const SECONDS = 3;

function feedsFor(session, tokens) {
  const ids = new BigInt64Array(tokens).fill(1n);
  return Object.fromEntries(session.inputNames.map((name) => [name, new ort.Tensor('int64', ids, [1, tokens])]));
}

async function timed(session, feeds) {
  for (let i = 0; i < 3; ++i) await session.run(feeds);
  const times = [];
  const start = process.hrtime.bigint();
  while (times.length < 5 || process.hrtime.bigint() - start < BigInt(SECONDS * 1e9)) {
    const from = process.hrtime.bigint();
    await session.run(feeds);
    times.push(Number(process.hrtime.bigint() - from) / 1e6);
  }
  return times.sort((a, b) => a - b);
}

const at = (times, share) => times[Math.round(share * (times.length - 1))];
const text = (ms) => ms.toPrecision(4);

async function main() {
  const rows = [
    `# processor: ${os.cpus()[0].model}`,
    `# system: ${os.type()} ${os.release()} ${os.arch()}`,
    `# libraries: onnxruntime-node ${ort.env.versions.node || ort.env.versions.common}`,
    'model,device,dtype,tokens,bucket,batch,cores,handover,measured_ms,least_ms,quarter_ms,three_quarters_ms,runs',
  ];
  for (const file of fs.readdirSync(models).filter((name) => name.endsWith('.onnx')).sort()) {
    const [model, dtype] = [file.slice(0, file.length - '.fp32.onnx'.length), file.slice(-'fp32.onnx'.length, -5)];
    for (const threads of THREADS) {
      const options = {intraOpNumThreads: threads, interOpNumThreads: 1, logSeverityLevel: 3};
      const session = await ort.InferenceSession.create(path.join(models, file), options);
      for (const tokens of LENGTHS) {
        const times = await timed(session, feedsFor(session, tokens));
        rows.push([model, 'cpu', dtype, tokens, '', 1, threads, 'excluded', text(at(times, 0.5)), text(times[0]),
          text(at(times, 0.25)), text(at(times, 0.75)), times.length].join(','));
        process.stderr.write(rows[rows.length - 1] + '\n');
      }
      await session.release();
      for (const tokens of profiles ? LENGTHS : []) {
        const prefix = path.join(profiles, `${model}.${dtype}.${tokens}.${threads}`);
        const profiled = await ort.InferenceSession.create(path.join(models, file),
          {...options, enableProfiling: true, profileFilePrefix: prefix});
        for (let i = 0; i < 12; ++i) await profiled.run(feedsFor(profiled, tokens));
        profiled.endProfiling();
        await profiled.release();
      }
    }
  }
  fs.writeFileSync(out, rows.join('\n') + '\n');
}

main();
