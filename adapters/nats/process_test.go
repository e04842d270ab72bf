package nats_test

const asProcess = "PRONET_NATS_PROCESS"

func beProcess(string) int { return 1 }
