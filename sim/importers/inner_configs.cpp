#include "importers/inner_configs.h"

#include <algorithm>

namespace berth {

namespace {

/// An image model may read a number beside its pixels, such as the aspect ratio.
bool reads_only_ids(const Architecture& architecture) {
    return std::ranges::all_of(architecture.inputs, &InputTemplate::integer);
}

}  // namespace

bool can_be(const InnerConfig& inner, const Architecture& architecture, const ConfigMapping& mapping) {
    if (inner.part == kDecoderPart) {
        return mapping.part == kDecoderPart;
    }
    const bool part = mapping.part.empty() || (inner.reads == Reads::kEither && mapping.part == inner.part);
    return part && !(inner.reads == Reads::kPixelsOrSound && reads_only_ids(architecture));
}

}  // namespace berth
