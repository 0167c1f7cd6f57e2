#include "report/page/glossary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "report/page/html_parts.h"

namespace berth {

namespace {

struct Word {
    std::string_view word, meaning;
};

constexpr std::array kWords{
    Word{"5-95 %", "the interval that the time lies in with a probability of 90 %, given the spreads of the numbers"},
    Word{"above roofline",
         "what remains of a time after the larger of two: the multiplications at the rate of the device's array, and "
         "the DRAM traffic at what the device can draw; time that a better schedule or runtime could save at most"},
    Word{"attention", "the operators that weigh every token of an input by every other"},
    Word{"bias", "by how much predictions are above the measurements, as a geometric mean"},
    Word{"bound",
         "the term that takes the most of an operator's time: compute (multiplications), vector (element-wise "
         "work), sram, dram, dma (setting up transfers), dispatch (launching it), transfer (between devices)"},
    Word{"bucket", "an input length that a model is compiled for; a shorter input is padded up to it"},
    Word{"calibrated", "of a number: fitted to measurements"},
    Word{"crossover", "the input length at which another device becomes the faster one"},
    Word{"dispatch", "launching an operator or a graph"},
    Word{"dma", "the engine that moves data between DRAM and a device's own memory"},
    Word{"dtype", "the kind of numbers that an operator computes with, such as int8, fp16 or fp32"},
    Word{"elasticity", "by how many percent the total changes when a number rises by one percent"},
    Word{"fallback", "an operator that the device's runtime cannot run and leaves to the host"},
    Word{"ffn", "the feed-forward operators of a transformer's layer"},
    Word{"fused", "computed as a part of the operator before, without a launch and traffic of its own"},
    Word{"hand-over", "moving data and control from one device to another"},
    Word{"in 5-95 %", "share of the measured rows inside the predicted interval; 90 % would be right"},
    Word{"MMAC", "million multiply-accumulate operations"},
    Word{"mJ", "energy of a pass in millijoules"},
    Word{"norm", "operators that bring numbers to a common scale, such as layer_norm"},
    Word{"origin",
         "where a number is from: a datasheet, a measurement, a calibration (fitted to measurements), inherited "
         "from another chip's profile, or assumed"},
    Word{"pass", "one run of a model; a stage may take several per request"},
    Word{"peak MiB", "the most activation memory that is in use at once during a pass"},
    Word{"ping-pong", "a placement that goes to another device and comes back"},
    Word{"regret", "how much longer a placement takes than the best one known"},
    Word{"removes",
         "share of the uncertainty of the decision, or of the latency, that measuring this operator would remove"},
    Word{"roofline", "the highest rate that arithmetic and DRAM bandwidth allow for an operator"},
    Word{"share", "part of the whole: of the total's variance for a number, of the pass for an operator"},
    Word{"spill", "activations that do not fit on chip and go to DRAM and back"},
    Word{"split by operator", "a placement that may use another device for each operator"},
    Word{"sure",
         "probability that this choice is the best by the objective, given the spreads of the profile's numbers"},
    Word{"tokens", "what the device computes / what the input holds, where padding makes them differ"},
    Word{"unseen", "measurements to which no number of the profile was fitted (held out)"},
    Word{"weights MiB", "constants of the model as the placement stores them"},
};

}  // namespace

std::string_view meaning_of(std::string_view heading) {
    const auto found = std::ranges::find(kWords, heading, &Word::word);
    return found == kWords.end() ? std::string_view() : found->meaning;
}

std::string glossary_html() {
    std::string text = "<dl>\n";
    for (const Word& one : kWords) {
        text += fmt::format("<dt>{}</dt><dd>{}.</dd>\n", html_text(one.word), html_text(one.meaning));
    }
    return text + "</dl>\n";
}

}  // namespace berth
