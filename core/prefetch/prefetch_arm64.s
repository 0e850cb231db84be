#include "textflag.h"

// func Read(addr uintptr)
TEXT ·Read(SB), NOSPLIT, $0-8
	MOVD addr+0(FP), R0
	PRFM (R0), PLDL1KEEP
	RET

// func Write(addr uintptr)
TEXT ·Write(SB), NOSPLIT, $0-8
	MOVD addr+0(FP), R0
	PRFM (R0), PSTL1KEEP
	RET
