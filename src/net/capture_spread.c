/*
 * The program that spreads frames over workers (docs/decisions/0068-live-capture.md).
 *
 * The kernel's own hash (PACKET_FANOUT_HASH) takes the ports in as well: fragments have none, and the outer ports of
 * VXLAN, Geneve and GTP-U differ by direction, so that one flow would come apart. This program takes the exclusive or
 * of the two addresses of the outermost IP header, which is the same in both directions, behind any of: two more VLAN
 * tags, PPPoE, four MPLS labels. What has no IP there goes to the first worker.
 *
 * Loads are relative to where the kernel sees the network header (SKF_NET_OFF): behind the Ethernet header and the tag
 * that it took out. X holds how much farther the IP header is.
 */
#include "net/capture_spread.h"

#include <assert.h>
#include <linux/if_ether.h>
#include <string.h>

enum label { NEXT, IPV4, IPV6, PPPOE, MPLS, AFTER_MPLS, TAG_2, TAG_3, MIX, OTHER, LABELS };

struct draft {
	struct sock_filter *at;
	unsigned short size;
	unsigned short labels[LABELS];
};

#define MIXER 0x9e3779b1u
#define FROM_NETWORK(offset) ((unsigned)(SKF_NET_OFF + (offset)))

static void add(struct draft *draft, unsigned code, unsigned k)
{
	assert(draft->size < SPREAD_MOST);
	draft->at[draft->size++] = (struct sock_filter){ (unsigned short)code, 0, 0, k };
}

/* Jumps hold labels until resolve(): NEXT is the instruction behind. */
static void jump(struct draft *draft, unsigned how, unsigned k, enum label yes, enum label no)
{
	add(draft, BPF_JMP | how | BPF_K, k);
	draft->at[draft->size - 1].jt = (unsigned char)yes;
	draft->at[draft->size - 1].jf = (unsigned char)no;
}

static void here(struct draft *draft, enum label label)
{
	draft->labels[label] = draft->size;
}

static void resolve(struct draft *draft)
{
	for (unsigned short i = 0; i < draft->size; i++) {
		struct sock_filter *one = &draft->at[i];
		if (BPF_CLASS(one->code) != BPF_JMP)
			continue;
		if (BPF_OP(one->code) == BPF_JA) {
			one->k = (unsigned)(draft->labels[one->k] - i - 1);
			continue;
		}
		one->jt = one->jt == NEXT ? 0 : (unsigned char)(draft->labels[one->jt] - i - 1);
		one->jf = one->jf == NEXT ? 0 : (unsigned char)(draft->labels[one->jf] - i - 1);
	}
}

/* X += bytes; A is lost. */
static void advance(struct draft *draft, unsigned bytes)
{
	add(draft, BPF_MISC | BPF_TXA, 0);
	add(draft, BPF_ALU | BPF_ADD | BPF_K, bytes);
	add(draft, BPF_MISC | BPF_TAX, 0);
}

/* A is the type of what stands at X. */
static void go_by_type(struct draft *draft, enum label tag)
{
	jump(draft, BPF_JEQ, ETH_P_IP, IPV4, NEXT);
	jump(draft, BPF_JEQ, ETH_P_IPV6, IPV6, NEXT);
	jump(draft, BPF_JEQ, ETH_P_PPP_SES, PPPOE, NEXT);
	jump(draft, BPF_JEQ, ETH_P_MPLS_UC, MPLS, NEXT);
	jump(draft, BPF_JEQ, ETH_P_MPLS_MC, MPLS, NEXT);
	if (tag == OTHER) {
		add(draft, BPF_JMP | BPF_JA, OTHER);
		return;
	}
	jump(draft, BPF_JEQ, ETH_P_8021Q, tag, NEXT);
	jump(draft, BPF_JEQ, ETH_P_8021AD, tag, NEXT);
	jump(draft, BPF_JEQ, ETH_P_QINQ1, tag, OTHER);
}

static void behind_tag(struct draft *draft, enum label label, enum label next)
{
	here(draft, label);
	advance(draft, 4);
	add(draft, BPF_LD | BPF_H | BPF_IND, FROM_NETWORK(-2));
	go_by_type(draft, next);
}

static void behind_labels(struct draft *draft)
{
	here(draft, MPLS);
	for (int i = 0; i < 4; i++) { /* the last bit of a label's third byte: it is the last one */
		advance(draft, 4);
		add(draft, BPF_LD | BPF_B | BPF_IND, FROM_NETWORK(-2));
		jump(draft, BPF_JSET, 1, AFTER_MPLS, i < 3 ? NEXT : OTHER);
	}
	here(draft, AFTER_MPLS);
	add(draft, BPF_LD | BPF_B | BPF_IND, FROM_NETWORK(0));
	add(draft, BPF_ALU | BPF_RSH | BPF_K, 4);
	jump(draft, BPF_JEQ, 4, IPV4, NEXT);
	jump(draft, BPF_JEQ, 6, IPV6, OTHER);
}

/* A becomes of both addresses, each of `words` words, what is the same when they change places: the sums of their
 * words, one after the other. (Not the exclusive or: it is one and the same for 10.0.N.1 with 10.0.N.2, whatever N is.)
 */
static void fold(struct draft *draft, unsigned offset, unsigned words)
{
	enum { SUM, PLACE };
	add(draft, BPF_STX, PLACE);
	for (unsigned i = 0; i < 2 * words; i++) {
		unsigned at = offset + 4 * (i / 2) + (i % 2 ? 4 * words : 0);
		if (i > 0) {
			if (i % 2 == 0)
				add(draft, BPF_ALU | BPF_MUL | BPF_K, MIXER);
			add(draft, BPF_ST, SUM);
			add(draft, BPF_LDX | BPF_MEM, PLACE);
		}
		add(draft, BPF_LD | BPF_W | BPF_IND, FROM_NETWORK((int)at));
		if (i > 0) {
			add(draft, BPF_LDX | BPF_MEM, SUM);
			add(draft, BPF_ALU | BPF_ADD | BPF_X, 0);
		}
	}
}

unsigned short capture_spread(struct sock_filter program[static SPREAD_MOST])
{
	struct draft draft = { .at = program };

	memset(program, 0, SPREAD_MOST * sizeof *program);
	add(&draft, BPF_LDX | BPF_IMM, 0);
	add(&draft, BPF_LD | BPF_W | BPF_ABS, (unsigned)(SKF_AD_OFF + SKF_AD_PROTOCOL));
	go_by_type(&draft, TAG_2);
	behind_tag(&draft, TAG_2, TAG_3);
	behind_tag(&draft, TAG_3, OTHER);
	here(&draft, PPPOE);
	advance(&draft, 8);
	add(&draft, BPF_LD | BPF_H | BPF_IND, FROM_NETWORK(-2));
	jump(&draft, BPF_JEQ, 0x0021, IPV4, NEXT);
	jump(&draft, BPF_JEQ, 0x0057, IPV6, NEXT);
	jump(&draft, BPF_JEQ, 0x0281, MPLS, OTHER);
	behind_labels(&draft);
	here(&draft, IPV6);
	fold(&draft, 8, 4);
	add(&draft, BPF_JMP | BPF_JA, MIX);
	here(&draft, IPV4);
	fold(&draft, 12, 1);
	here(&draft, MIX);
	add(&draft, BPF_ALU | BPF_MUL | BPF_K,
	    0x9e3779b1u); /* so that the low bits, which choose, are of all of them */
	add(&draft, BPF_ALU | BPF_RSH | BPF_K, 16);
	add(&draft, BPF_RET | BPF_A, 0);
	here(&draft, OTHER);
	add(&draft, BPF_RET | BPF_K, 0);
	resolve(&draft);
	return draft.size;
}
