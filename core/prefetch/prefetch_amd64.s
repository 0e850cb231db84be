#include "textflag.h"

// func Read(addr uintptr)
TEXT ·Read(SB), NOSPLIT, $0-8
	MOVQ addr+0(FP), AX
	PREFETCHT0 (AX)
	RET

// func Write(addr uintptr)
TEXT ·Write(SB), NOSPLIT, $0-8
	MOVQ addr+0(FP), AX
	// PREFETCHW (AX), which the assembler does not know. Processors without it
	// take it for a no-operation.
	BYTE $0x0F; BYTE $0x0D; BYTE $0x08
	RET
