#include "textflag.h"

// Checksums by multiplication without carries: over GF(2) a high part H*x^n is the same as H*(x^n mod P) modulo
// P = x^16+x^12+x^5+1, and a quotient is a multiplication by x^80/P (Barrett). See Gopal et al., "Fast CRC Computation for Generic
// Polynomials Using PCLMULQDQ Instruction" (Intel, 2009).

DATA braces<>+0(SB)/8, $0x7b7b7b7b7b7b7b7b
DATA braces<>+8(SB)/8, $0x7b7b7b7b7b7b7b7b
GLOBL braces<>(SB), RODATA|NOPTR, $16

// Sixteen bytes from the n-th before the middle on bring the first n bytes of a block into the order of a number, and zeros before.
DATA reversed<>+0(SB)/8, $0x08090a0b0c0d0e0f
DATA reversed<>+8(SB)/8, $0x0001020304050607
DATA reversed<>+16(SB)/8, $0x8080808080808080
DATA reversed<>+24(SB)/8, $0x8080808080808080
GLOBL reversed<>(SB), RODATA|NOPTR, $32

// Likewise: the lowest n bytes.
DATA lowest<>+0(SB)/8, $0xffffffffffffffff
DATA lowest<>+8(SB)/8, $0xffffffffffffffff
DATA lowest<>+16(SB)/8, $0
DATA lowest<>+24(SB)/8, $0
GLOBL lowest<>(SB), RODATA|NOPTR, $32

// x^128 and x^192 mod P carry the two halves of a block over the next one.
DATA onwards<>+0(SB)/8, $0xaefc
DATA onwards<>+8(SB)/8, $0x650b
GLOBL onwards<>(SB), RODATA|NOPTR, $16

// x^80 mod P.
DATA narrow<>+0(SB)/8, $0xeb23
DATA narrow<>+8(SB)/8, $0
GLOBL narrow<>(SB), RODATA|NOPTR, $16

// The quotient x^80/P without its highest bit, and P without its own.
DATA barrett<>+0(SB)/8, $0x11303471a041b343
DATA barrett<>+8(SB)/8, $0x1021
GLOBL barrett<>(SB), RODATA|NOPTR, $16

// func of(key unsafe.Pointer, length int) Slot
TEXT ·of(SB), NOSPLIT, $0-18
	MOVQ   key+0(FP), SI
	MOVQ   length+8(FP), BX
	CMPB   ·folds(SB), $0
	JEQ    slow
	TESTQ  BX, BX
	JEQ    slow
	LEAQ   -1(BX), CX
	ANDQ   $15, CX            // the first block has so many bytes, and one; all others have 16
	MOVQ   $15, DX
	SUBQ   CX, DX
	LEAQ   reversed<>(SB), DI
	MOVOU  (DI), X7
	MOVL   SI, AX
	ANDL   $4095, AX
	CMPL   AX, $4080
	JHI    edge

whole:
	MOVOU  (SI), X0           // and perhaps what lies behind the key: within a page that may be looked at
	MOVOU  (DI)(DX*1), X2
	PSHUFB X2, X0

first:
	MOVOU   braces<>(SB), X5
	MOVO    X0, X4
	PCMPEQB X5, X4            // collects where braces are
	SUBQ    CX, BX
	DECQ    BX                // bytes that are left
	JZ      last
	LEAQ    1(SI)(CX*1), SI
	MOVOU   onwards<>(SB), X6

next:
	MOVOU     (SI), X2
	MOVO      X2, X3
	PCMPEQB   X5, X3
	POR       X3, X4
	PSHUFB    X7, X2
	MOVO      X0, X1
	PCLMULQDQ $0x00, X6, X0   // low half * x^128
	PCLMULQDQ $0x11, X6, X1   // high half * x^192
	PXOR      X2, X0
	PXOR      X1, X0
	ADDQ      $16, SI
	SUBQ      $16, BX
	JNZ       next

last:
	PMOVMSKB X4, AX
	TESTL    AX, AX
	JNE      slow             // there is a hash tag, perhaps

	// What is wanted is high*x^80 + low*x^16 modulo P. With T = high*(x^80 mod P), the upper 64 of its 80 bits are U = T>>16 + low.
	MOVOU     barrett<>(SB), X6
	PXOR      X1, X1
	MOVO      X0, X2
	CMPQ      length+8(FP), $8
	JLE       short           // high is 0
	MOVOU     narrow<>(SB), X1
	PCLMULQDQ $0x10, X0, X1   // T
	MOVO      X1, X2
	PSRLO     $2, X2
	PXOR      X0, X2          // U

short:
	MOVO      X2, X3
	PCLMULQDQ $0x00, X6, X3
	PSRLO     $8, X3
	PXOR      X2, X3          // the quotient
	PCLMULQDQ $0x10, X6, X3
	PXOR      X1, X3
	MOVQ      X3, AX
	ANDL      $16383, AX      // modulo Count
	MOVW      AX, ret+16(FP)
	RET

slow:
	JMP ·ofSlow(SB)

edge:
	CMPQ   BX, $16
	JGE    whole              // all of it is the key's
	MOVOU  -16(SI)(BX*1), X0  // what lies before the key, in its page, and the key
	PSHUFB X7, X0
	LEAQ   lowest<>(SB), DI
	MOVOU  (DI)(DX*1), X2
	PAND   X2, X0
	JMP    first

// func canFold() bool
TEXT ·canFold(SB), NOSPLIT, $0-1
	MOVL  $1, AX
	XORL  CX, CX
	CPUID
	ANDL  $0x202, CX // SSSE3 and PCLMULQDQ
	CMPL  CX, $0x202
	SETEQ ret+0(FP)
	RET
