#include "textflag.h"

// What every amd64 has: SSE2, sixteen bytes at a time. Texts begin at any
// address; none is read beyond its end: the last sixteen bytes are looked at
// once more, rather than fewer.

// BYTES fills the sixteen bytes of X with the one that stands eight times in c.
#define BYTES(c, X) \
	MOVQ $c, AX \
	MOVQ AX, X  \
	PUNPCKLQDQ X, X

// ENDS sets the bytes of X that are LF or NUL. X8 holds LFs, X9 NULs.
#define ENDS(X, Y) \
	MOVO X, Y      \
	PCMPEQB X8, X  \
	PCMPEQB X9, Y  \
	POR Y, X

// CONTROLS sets the bytes of X that are controls but not TAB. X8 holds 1f, X9
// DEL, X10 TAB.
#define CONTROLS(X, Y, Z) \
	MOVO X, Y      \
	MOVO X, Z      \
	PMINUB X8, X   \
	PCMPEQB Y, X   \
	PCMPEQB X9, Y  \
	PCMPEQB X10, Z \
	POR Y, X       \
	PANDN X, Z     \
	MOVO Z, X

// func lineEnd16(text []byte) int
TEXT ·lineEnd16(SB), NOSPLIT, $0-32
	MOVQ text_base+0(FP), SI
	MOVQ text_len+8(FP), CX
	BYTES(0x0a0a0a0a0a0a0a0a, X8)
	PXOR X9, X9
	MOVQ SI, DI
	LEAQ -16(SI)(CX*1), R8 // the last sixteen
	LEAQ -16(R8), R9 // two of sixteen fit

endTwo:
	CMPQ DI, R9
	JA endLoop
	MOVOU (DI), X0
	MOVOU 16(DI), X3
	ENDS(X0, X1)
	ENDS(X3, X4)
	MOVO X0, X6
	POR X3, X6
	PMOVMSKB X6, AX
	TESTL AX, AX
	JNZ endLoop // it is here
	ADDQ $32, DI
	JMP endTwo

endLoop:
	CMPQ DI, R8
	JAE endLast
	MOVOU (DI), X0
	ENDS(X0, X1)
	PMOVMSKB X0, AX
	TESTL AX, AX
	JNZ endFound
	ADDQ $16, DI
	JMP endLoop

endLast:
	MOVQ R8, DI
	MOVOU (DI), X0
	ENDS(X0, X1)
	PMOVMSKB X0, AX
	TESTL AX, AX
	JZ endNone

endFound:
	BSFL AX, AX
	SUBQ SI, DI
	ADDQ DI, AX
	MOVQ AX, ret+24(FP)
	RET

endNone:
	MOVQ $-1, ret+24(FP)
	RET

// func plain16(text []byte) int
TEXT ·plain16(SB), NOSPLIT, $0-32
	MOVQ text_base+0(FP), SI
	MOVQ text_len+8(FP), CX
	BYTES(0x1f1f1f1f1f1f1f1f, X8)
	BYTES(0x7f7f7f7f7f7f7f7f, X9)
	BYTES(0x0909090909090909, X10)
	MOVQ SI, DI
	LEAQ -16(SI)(CX*1), R8 // the last sixteen
	LEAQ -16(R8), R9 // two of sixteen fit

plainTwo:
	CMPQ DI, R9
	JA plainLoop
	MOVOU (DI), X0
	MOVOU 16(DI), X3
	CONTROLS(X0, X1, X2)
	CONTROLS(X3, X4, X5)
	MOVO X0, X6
	POR X3, X6
	PMOVMSKB X6, AX
	TESTL AX, AX
	JNZ plainLoop // it is here
	ADDQ $32, DI
	JMP plainTwo

plainLoop:
	CMPQ DI, R8
	JAE plainLast
	MOVOU (DI), X0
	CONTROLS(X0, X1, X2)
	PMOVMSKB X0, AX
	TESTL AX, AX
	JNZ plainFound
	ADDQ $16, DI
	JMP plainLoop

plainLast:
	MOVQ R8, DI
	MOVOU (DI), X0
	CONTROLS(X0, X1, X2)
	PMOVMSKB X0, AX
	TESTL AX, AX
	JZ plainAll

plainFound:
	BSFL AX, AX
	SUBQ SI, DI
	ADDQ DI, AX
	MOVQ AX, ret+24(FP)
	RET

plainAll:
	MOVQ CX, ret+24(FP)
	RET

// GRAPHIC puts the sixteen bits of the bytes at off that are PRINTUSASCII into
// R. X8 holds blanks, X9 DEL.
#define GRAPHIC(off, R) \
	MOVOU off(SI), X0 \
	MOVO X0, X1      \
	PCMPGTB X8, X0   \
	PCMPEQB X9, X1   \
	PANDN X0, X1     \
	PMOVMSKB X1, R

// func graphic64(text *[64]byte) uint64
TEXT ·graphic64(SB), NOSPLIT, $0-16
	MOVQ text+0(FP), SI
	BYTES(0x2020202020202020, X8)
	BYTES(0x7f7f7f7f7f7f7f7f, X9)
	GRAPHIC(0, AX)
	GRAPHIC(16, BX)
	GRAPHIC(32, CX)
	GRAPHIC(48, DX)
	SHLQ $16, BX
	SHLQ $32, CX
	SHLQ $48, DX
	ORQ BX, AX
	ORQ DX, CX
	ORQ CX, AX
	MOVQ AX, ret+8(FP)
	RET
