// Standalone kernels, for questions about a single operator and for comparison with measurements.
#include "cost/lowering.h"

namespace berth {

namespace {

// Result dtype of the runtime's matmul library: the accumulators, or 16 bits for int4 operands (fp16 has that size).
void leave_accumulators(Kernel& kernel) {
    const bool floating = is_float(kernel.input);
    const bool whole = kernel.input == DType::kInt8 || kernel.input == DType::kInt32;
    kernel.output = floating ? DType::kFp32 : whole ? DType::kInt32 : DType::kFp16;
    kernel.keeps_accumulators = true;
}

}  // namespace

Bytes operands_of(const Kernel& kernel) {
    const auto all = [&kernel](auto count, DType dtype) {
        return element_size(dtype) * static_cast<double>(count(kernel.kind, kernel.dims));
    };
    return all(input_elements, kernel.input) + all(weight_elements, kernel.weight) +
           all(output_elements, kernel.output);
}

DType result_dtype(const Runtime& runtime, DType ran_at) {
    const bool dynamic = runtime.quantization == QuantizationScheme::kDynamic;
    return dynamic && is_quantized(ran_at) ? DType::kFp32 : ran_at;
}

std::optional<Kernel> standalone_kernel(const StandaloneOperator& alone, const Profile& profile, DeviceId device,
                                        std::string& why) {
    const Device& chip = profile.devices[static_cast<std::size_t>(device)];
    Operator op;
    op.name = traits(alone.kind).name;
    op.kind = alone.kind;
    op.dims = alone.dims;
    op.dtype = scheme_for(alone.kind, alone.dims, alone.dtype);
    const Support support = operator_support(op, profile, chip, matrix_dtypes(chip), Purpose::kAlone);
    if (!support.supported) {
        why = support.reason;
        return std::nullopt;
    }
    Kernel kernel;
    kernel.kind = alone.kind;
    kernel.dims = alone.dims;
    set_dtypes(kernel, support);
    kernel.output = result_dtype(chip.runtime, support.ran_at());
    kernel.multi_core = support.multi_core;
    kernel.library_call = alone.layout.has_value();
    if (kernel.library_call) {
        leave_accumulators(kernel);
    }
    kernel.cache = alone.cache;
    const double evicted = evicted_share(operands_of(kernel), keeping_capacity(chip, chip.cores()), chip.kind);
    if (alone.cache != CacheState::kCold && evicted < 1) {
        kernel.evicted = evicted;
        kernel.input_on_chip = true;
        kernel.output_on_chip = true;
        kernel.weights_on_chip = true;
    }
    return kernel;
}

}  // namespace berth
