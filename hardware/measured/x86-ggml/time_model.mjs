// Times a model under llama.cpp; needs `npm install node-llama-cpp`.
// Usage: node time_model.mjs FILE PROMPT_TOKENS NEW_TOKENS THREADS
// Prints medians over passes behind a first one that warms up: milliseconds to the first token and of a further one.
import {getLlama} from "node-llama-cpp";

const [file, ...counts] = process.argv.slice(2);
const [prompt, fresh, threads] = counts.map(Number);
const PASSES = 4;
const VOCABULARY = 20000; // words that prompts draw from

const llama = await getLlama({gpu: false, build: "never", maxThreads: threads, logLevel: "error"});
const model = await llama.loadModel({modelPath: file, useMmap: false});
const context = await model.createContext({contextSize: 1024, batchSize: 512, threads: {ideal: threads, min: threads}});

const median = values => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const firsts = [], steps = [];
for (let pass = 0; pass < PASSES; ++pass) {
    const sequence = context.getSequence();
    const words = Array.from({length: prompt}, (_, i) => 300 + (i * 37 + pass * 11) % VOCABULARY);
    let last = performance.now(), count = 0;
    for await (const token of sequence.evaluate(words, {temperature: 0})) {
        const now = performance.now();
        if (pass > 0) {
            (count === 0 ? firsts : steps).push(now - last);
        }
        last = now;
        if (++count > fresh) {
            break;
        }
    }
    sequence.dispose();
}
console.log(JSON.stringify({file, prompt, threads, first_ms: median(firsts), step_ms: median(steps), firsts}));
process.exit(0);
