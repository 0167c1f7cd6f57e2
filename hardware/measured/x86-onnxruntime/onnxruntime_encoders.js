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
const LENGTHS = [64, 122, 256, 512];
const THREADS = [1, 2];
const SECONDS = 1.0;
const PASSES = 3;  // over all rows: what differs between them is noise that no model can predict

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

const encoders = fs.readdirSync(models).filter((name) => name.endsWith('.onnx')).sort().map((file) => ({
  file: path.join(models, file), model: file.slice(0, -'.fp32.onnx'.length), dtype: file.slice(-'fp32.onnx'.length, -5)}));

const optionsFor = (threads) => ({intraOpNumThreads: threads, interOpNumThreads: 1, logSeverityLevel: 3});

async function timeEncoder({file, model, dtype}, threads, pass) {
  const session = await ort.InferenceSession.create(file, optionsFor(threads));
  const rows = [];
  for (const tokens of LENGTHS) {
    const times = await timed(session, feedsFor(session, tokens));
    rows.push([model, 'cpu', dtype, tokens, '', 1, threads, 'excluded', pass, text(at(times, 0.5)), text(times[0]),
      text(at(times, 0.25)), text(at(times, 0.75)), times.length].join(','));
    process.stderr.write(rows[rows.length - 1] + '\n');
  }
  await session.release();
  return rows;
}

async function profileEncoder({file, model, dtype}, threads) {
  for (const tokens of LENGTHS) {
    const session = await ort.InferenceSession.create(file, {...optionsFor(threads), enableProfiling: true,
      profileFilePrefix: path.join(profiles, `${model}.${dtype}.${tokens}.${threads}`)});
    for (let i = 0; i < 12; ++i) await session.run(feedsFor(session, tokens));
    session.endProfiling();
    await session.release();
  }
}

async function main() {
  const rows = [
    `# processor: ${os.cpus()[0].model}`,
    `# system: ${os.type()} ${os.release()} ${os.arch()}`,
    `# libraries: onnxruntime-node ${ort.env.versions.node || ort.env.versions.common}`,
    'model,device,dtype,tokens,bucket,batch,cores,handover,pass,measured_ms,least_ms,quarter_ms,three_quarters_ms,runs',
  ];
  for (let pass = 1; pass <= PASSES; ++pass) {
    for (const encoder of encoders) {
      for (const threads of THREADS) rows.push(...await timeEncoder(encoder, threads, pass));
    }
  }
  fs.writeFileSync(out, rows.join('\n') + '\n');
  for (const encoder of profiles ? encoders : []) {
    for (const threads of THREADS) await profileEncoder(encoder, threads);
  }
}

main();
