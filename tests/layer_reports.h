// Layer tables of the model tests/data/onnx/small-cnn.onnx in the formats of Vela, OpenVINO's benchmark_app and QNN's
// profile viewer.
#pragma once

#include <string_view>

namespace berth {

inline constexpr std::string_view kVela =
    "TFLite_operator,NNG Operator,SRAM Usage,Peak%,Op Cycles,Network%,NPU,SRAM AC,DRAM AC,OnFlash AC,OffFlash AC,"
    "MAC Count,Network%,Util%,Name\n"
    "CONV_2D,Conv2DBias,40960,100,9000.0,60.0,8000.0,700.0,0.0,300.0,0.0,221184,40,4.8,stem/Conv\n"
    "DEPTHWISE_CONV_2D,DepthwiseConv2DBias,40960,100,2000.0,20.0,1800.0,500.0,0.0,100.0,0.0,73728,20,7.2,"
    "\"block.0/depthwise/Conv\"\n"
    "DEPTHWISE_CONV_2D,DepthwiseConv2DBias,40960,100,400.0,4.0,300.0,500.0,0.0,100.0,0.0,0,0,0,block.0/depthwise/Conv\n"
    "ADD,Add,40960,100,300.0,3.0,200.0,100.0,0.0,0.0,0.0,0,0,0,sum_of_another_model\n";

inline constexpr std::string_view kOpenVino =
    "layerName;execStatus;layerType;execType;realTime (ms);cpuTime (ms);\n"
    "pixels;EXECUTED;Parameter;unknown_FP32;0.001;0.001;\n"
    "/stem/Conv;EXECUTED;Convolution;jit_avx512_FP32;0.031;0.031;\n"
    "relu_4;OPTIMIZED_OUT;Relu;undef;0;0;\n"
    "/block.0/depthwise/Conv;EXECUTED;GroupConvolution;jit_avx512_dw_I8;0.012;0.012;\n"
    "add_17;EXECUTED;Eltwise;jit_avx512_FP32;0.002;0.002;\n"
    "/stem/Conv_reorder_1;EXECUTED;Reorder;jit_uni_FP32;0.003;0.003;\n"
    "Total;;;;0.049;0.049;\n\n";

inline constexpr std::string_view kQnn =
    "Msg Timestamp,Message,Time,Unit of Measurement,Timing Source,Event Level,Event Identifier\r\n"
    "1,EXECUTE,4,COUNT,BACKEND,ROOT,Number of HVX threads used\r\n"
    "1,EXECUTE,2000,CYCLES,BACKEND,ROOT,Accelerator (execute) time (cycles)\r\n"
    "1,EXECUTE,2,US,BACKEND,ROOT,Accelerator (execute) time\r\n"
    "1,NODE,900,CYCLES,BACKEND,SUB-EVENT,_stem_Conv:OpId_21 (cycles)\r\n"
    "1,NODE,0,CYCLES,BACKEND,SUB-EVENT,relu_4:OpId_22 (cycles)\r\n"
    "2,NODE,500,CYCLES,BACKEND,SUB-EVENT,_stem_Conv:OpId_21 (cycles)\r\n"
    "3,NODE,700,CYCLES,BACKEND,SUB-EVENT,_stem_Conv:OpId_21 (cycles)\r\n"
    "3,NODE,70,CYCLES,BACKEND,SUB-EVENT,_stem_Conv_1:OpId_23 (cycles)\r\n";

}  // namespace berth
