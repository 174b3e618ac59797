"""Calls that bind, or are refused, on ctgrad as on PyTorch: the same result as printed, or the same exception and text.

Where PyTorch lists overloads that are one op here (sum with and without dim), only the exception's class is compared.
"""

import ctgrad
import numpy as np
import pytest
import torch


class Index:
    """Has __index__."""

    def __index__(self):
        return 1


class Float:
    """Has __float__."""

    def __float__(self):
        return 1.5


EXACT = r"""
x.unsqueeze(True)
x.unsqueeze(I())
x.unsqueeze(np.int64(1)).shape
x.unsqueeze(np.array(1)).shape
x.unsqueeze(torch.tensor(1)).shape
x.unsqueeze(torch.tensor([1])).shape
x.unsqueeze(torch.tensor(1.))
x.unsqueeze(torch.tensor(True))
x.unsqueeze(1.0)
x.unsqueeze()
x.unsqueeze(1,2)
x.unsqueeze(foo=1)
x.unsqueeze(1,foo=1)
x.unsqueeze(1,dim=1)
torch.unsqueeze(x)
torch.unsqueeze()
torch.unsqueeze(x,"a")
torch.unsqueeze(x,dim="a")
torch.unsqueeze(3,1)
torch.unsqueeze(input=x,dim=1).shape
torch.unsqueeze(self=x,dim=1).shape
torch.unsqueeze(x,axis=1).shape
x.sum(axis=0,keepdims=True)
x.sum((0,True))
x.sum([0,"a"])
x.sum(torch.tensor(0))
x.sum((torch.tensor(0),))
x.sum((np.int64(0),))
x.sum((I(),))
x.sum(0,1)
x.sum(0,np.bool_(True))
x.sum(0,keepdim=None)
x.sum(0,keepdim=torch.tensor(True))
x.sum(dtype=float)
x.expand("a")
x.expand(2,"a")
x.expand((2,"a"))
x.expand(2,3).shape
x.expand((2,3)).shape
x.expand(size=(2,3)).shape
x.expand(2,3,implicit=True).shape
x.expand()
x.expand(2.,3)
x.expand(True,3)
x.expand(3,True)
x.expand((True,3))
x.expand((2,True))
x.expand(np.int64(2),3)
x.expand(torch.tensor(2),3).shape
x.expand(torch.tensor([2,3])).shape
x.expand([2,3],1)
x.view(3,2).shape
x.view([3,2]).shape
x.view(torch.float32)
x.view(dtype=torch.int32)
x.view(size=(3,2))
x.reshape()
x.reshape(None)
x.reshape(3,2,1,foo=1)
x.reshape(np.array([3,2])).shape
x.permute(1,"a")
x.permute(1,0).shape
x.permute((1,0)).shape
x.permute(dims=(1,0)).shape
torch.permute(x,1,0).shape
torch.permute(x,(1,0)).shape
x.add("a")
x.add(None)
x.add(np.ones(3,dtype=np.float32))
x.add(np.float32(2))
x.add(np.array(2.))
x.add(2,alpha=3)
x.add(2,alpha="a")
x.add(2,alpha=None)
x.add(2,alpha=torch.tensor(3))
x.add(2,alpha=torch.tensor(3.,requires_grad=True))
x.add(2,alpha=torch.tensor([3.]))
x.add(F())
x.add(I())
x.add([1])
torch.add(2,x)
torch.add(2,3)
torch.add(x,other=2)
torch.add(x,x2=2)
torch.add(input=x,other=2)
torch.add(self=x,other=2)
torch.add(x1=x,x2=2)
torch.add("a",x)
torch.add(np.ones(3),x)
torch.mul(2,x)
torch.sub(2,x)
torch.div(2,x)
torch.pow(2,x)
torch.matmul(x)
torch.matmul(x,2)
torch.matmul(x,x,x)
torch.mm(2,x)
torch.max("a")
torch.cat(x)
torch.cat(3)
torch.cat([x,3])
torch.cat((x,x),"a")
torch.cat([])
torch.cat(tensors=[x,x],axis=0).shape
torch.stack(x)
torch.stack([x,None])
torch.broadcast_tensors(x,torch.ones(3))
x.clamp()
torch.nn.functional.linear(x)
torch.nn.functional.linear(x, 3)
torch.nn.functional.linear()
torch.relu()
torch.relu(3)
torch.relu(x,x)
torch.relu(foo=x)
torch.relu(None)
torch.exp(x,out=3)
torch.exp(x,out=None)
torch.exp(x,out=(x,))
torch.max(x,0,out=(x,))
torch.zeros("a")
torch.zeros(2,"a")
torch.zeros()
torch.zeros(2,dtype="a")
torch.zeros(2,dtype=int)
torch.zeros(2,device="foo")
torch.zeros(2,device="cuda")
torch.zeros(2,device=3)
torch.zeros(2,requires_grad=1)
torch.zeros(2,requires_grad="a")
torch.zeros(2,layout=3)
torch.zeros(2,pin_memory=False)
torch.zeros(2,memory_format=torch.contiguous_format)
torch.zeros((2,2.))
torch.zeros(size=2)
torch.zeros([2],3)
torch.full((2,),"a")
torch.full(2,3)
torch.full((2,),3,4)
torch.transpose(x,0,1.)
torch.transpose(x,0,1<<70)
x.sum(1<<70)
x.add(1<<70)
x.add_(1<<63)
x.mul(1e400)
torch.eye("a")
torch.eye(2,dtype=None)
torch.arange("a")
x.norm("fro")
x.to(3)
x.to("a")
x.split([1,1])
x.repeat("a")
x.repeat()
x.flatten("a")
x.index_select(0,3)
x.gather(0,None)
x.masked_fill(x>0,torch.tensor([1.]))
x.squeeze("a")
x.squeeze(0,1)
x.squeeze((0,1)).shape
x.softmax()
x.softmax("a")
x.softmax(dim=None)
torch.softmax(x,0,dtype=3)
x.cumsum()
x.requires_grad_("a")
x.requires_grad_(1)
x.contiguous("a")
x.roll(1,0).shape
x.roll(shifts=1,dims=0).shape
x.roll("a")
x.tril("a")
x.uniform_("a")
x.normal_(0,1,generator=3)
x.copy_(3)
x.copy_("a")
x.fill_(x)
torch.where(x>0,1,x)
torch.where(3)
x.sum((torch.tensor([0]),))
x.sum((torch.tensor(True),))
x.sum((0,torch.tensor([1])))
x.sum((0,1.))
x.sum((0,np.array(1)))
x.sum((0,np.array([1])))
x.sum((np.array(1),))
torch.max(x,0,out=(torch.ones(1),torch.ones(1,dtype=int)))
torch.max(x,0)
torch.max(x,0).n_fields
x.mean(dim=[])
x.sum(dim=())
x.sum(dim=None)
x.add(True)
torch.add(x,np.array([1,2,3]))
torch.full((2,),torch.tensor(3.))
torch.full((2,),torch.tensor([3.]))
torch.full((2,),np.array(3.))
torch.full((2,),True)
torch.full((2,),np.float32(3))
torch.zeros(2,device=True)
torch.zeros(2,device=None,layout=None)
torch.zeros(2,pin_memory=None)
torch.zeros(2,requires_grad=None)
torch.zeros(2,device=[])
torch.zeros(2,generator=None)
torch.add(x,1,out=x.clone().requires_grad_())
torch.broadcast_tensors()
torch.atleast_1d()
torch.block_diag()
torch.stack(())
torch.cat([[1]])
torch.cat((1,))
torch.cat(())
torch.broadcast_tensors(x,3)
torch.exp(x,foo=3)
torch.exp(x,out=x,foo=3)
x.where(x>0,3)
x.where(condition=x>0,other=3)
x.roll(shifts=(1,),dims=None)
x.unfold(0,1,1).shape
torch.ones(2)+(1<<64)
torch.ones(2)*(1<<100)
torch.ones(2).fill_(1<<70)
torch.full((2,),1<<70)
torch.ones(2).pow(1<<70)
""".strip().split("\n")

SAME_CLASS = r"""
x.sum(foo=1)
x.sum("a")
x.sum(dim="a")
x.sum(0,0,0,0)
x.sum(dim=True)
x.sum(0.)
x.sum(np.array([0,1]))
x.sum(torch.tensor([0,1]))
x.sum(dtype="float")
x.sum(dtype=np.float32)
x.view(2,"a")
x.view("a")
x.view()
x.view(foo=(3,2))
x.view(None)
x.add()
torch.add(x)
torch.add()
torch.max(x,"a")
torch.max()
torch.max(x,0,foo=1)
x.max(foo=1)
x.max(0,False,3)
torch.tensor(1.5).clamp(min="a")
x.clamp(0,foo=1)
torch.max(x,0,out=x)
torch.Tensor.add(3,4)
torch.Tensor.add()
torch.Tensor.relu(3)
torch.einsum(3,x)
x.view(1<<70)
torch.eye(3,"a")
torch.arange()
torch.arange(1,2,3,4)
x.to(foo=3)
x.split("a")
x.masked_fill(x>0,"a")
x.masked_fill(3,0)
x.scatter(0,3,4)
x.all("a")
x.item(3)
x.numel(3)
x.t(3)
x.zero_(3)
x.fill_("a")
x.lerp(x,"a")
x.where(x>0,"a")
torch.where(x>0,"a",x)
torch.rand(2,generator=3)
torch.randint("a")
torch.linspace(0,1,"a")
torch.linspace(0,1)
x.sum((torch.tensor(0.),))
x.exp(out=x)
x.add(1,out=x)
torch.zeros(2,pin_memory=True)
torch.zeros(2,dtype=torch.int64,requires_grad=True)
x.exp(1)
x.exp(foo=1)
x.neg(1,2)
""".strip().split("\n")


def outcome(library, call):
    """(class of the exception or "ok", text or printed result); x is made anew for every call."""
    x = library.tensor([[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]])
    try:
        return "ok", repr(eval(call, {"torch": library, "x": x, "np": np, "I": Index, "F": Float}))
    except Exception as e:
        return type(e).__name__, str(e).partition("\nException raised from")[0]


@pytest.mark.parametrize("call", EXACT)
@pytest.mark.filterwarnings("ignore")
def test_same_outcome(call):
    assert outcome(ctgrad, call) == outcome(torch, call)


@pytest.mark.parametrize("call", SAME_CLASS)
@pytest.mark.filterwarnings("ignore")
def test_same_class_of_exception(call):
    assert outcome(ctgrad, call)[0] == outcome(torch, call)[0] != "ok"
