// Configurations inside a configuration, and the parts of a model that they describe.
#pragma once

#include <array>
#include <string_view>

#include "berth/graph/model.h"

namespace berth {

/// What a part of a model reads.
enum class Reads { kWords, kPixelsOrSound, kEither };

/// Fields that hold a nested configuration, and the part that it describes: a vision or audio model contains a text
/// model; an encoder and a decoder of different families are joined to one model.
struct InnerConfig {
    std::string_view field;
    std::string_view part;
    Reads reads;
};
inline constexpr std::string_view kTextPart = "text";
inline constexpr std::string_view kDecoderPart = "decoder";
inline constexpr std::array<InnerConfig, 10> kInnerConfigs{
    {{"text_config", kTextPart, Reads::kWords},
     {"llm_config", kTextPart, Reads::kWords},
     {"language_config", kTextPart, Reads::kWords},
     {"thinker_config.text_config", kTextPart, Reads::kWords},
     {"vlm_config.text_config", kTextPart, Reads::kWords},
     {"vision_config", "image", Reads::kPixelsOrSound},
     {"vlm_config.vision_config", "image", Reads::kPixelsOrSound},
     {"audio_config", "audio", Reads::kPixelsOrSound},
     {"encoder", "encoder", Reads::kEither},
     {"decoder", kDecoderPart, Reads::kWords}}};

/// Whether an architecture with this mapping can be the nested part. The vision model may have the same type name as
/// the text model beside it. A decoder reads what an encoder made: a model that generates text alone is none.
[[nodiscard]] bool can_be(const InnerConfig& inner, const Architecture& architecture, const ConfigMapping& mapping);

}  // namespace berth
