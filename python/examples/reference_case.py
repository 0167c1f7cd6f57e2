import berth as bt

s = bt.Scenario("rag-rk3588")  # a shipped name, or a file
s.hardware.devices.npu.dma.bandwidth = "16 GB/s"
s.stages.rerank.buckets = [128, 512]
result = s.run()
print(result.stages["rerank"].chosen, result.total.latency_ms)
print(s.sweep({"stages.rerank.tokens": "64:256:64"}).frame())
