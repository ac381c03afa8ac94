// A scheduler extender that does nothing, with the types and libraries that extenders in Go are usually made of. It
// is the reference of `./dev bench`: what it takes is the price of the protocol, not of a decision.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	extenderv1 "k8s.io/kube-scheduler/extender/v1"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address to listen on; with port 0 a free one is taken")
	kubeconfig := flag.String("kubeconfig", "", "kubeconfig file; with it, bind creates the Binding")
	flag.Parse()

	mux := http.NewServeMux()
	mux.HandleFunc("POST /scheduler/filter", filter)
	mux.HandleFunc("POST /scheduler/prioritize", prioritize)
	if *kubeconfig != "" {
		binder, err := newBinder(*kubeconfig)
		if err != nil {
			log.Fatal(err)
		}
		mux.HandleFunc("POST /scheduler/bind", binder.bind)
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	log.Fatal((&http.Server{Handler: mux, IdleTimeout: 150 * time.Second}).Serve(listener))
}

// filter keeps every node that it is offered.
func filter(w http.ResponseWriter, r *http.Request) {
	var args extenderv1.ExtenderArgs
	if !read(w, r, &args) {
		return
	}
	reply(w, extenderv1.ExtenderFilterResult{Nodes: args.Nodes, NodeNames: args.NodeNames})
}

// prioritize gives every node the same score.
func prioritize(w http.ResponseWriter, r *http.Request) {
	var args extenderv1.ExtenderArgs
	if !read(w, r, &args) {
		return
	}
	scores := extenderv1.HostPriorityList{}
	if args.NodeNames != nil {
		for _, name := range *args.NodeNames {
			scores = append(scores, extenderv1.HostPriority{Host: name})
		}
	} else if args.Nodes != nil {
		for _, node := range args.Nodes.Items {
			scores = append(scores, extenderv1.HostPriority{Host: node.Name})
		}
	}
	reply(w, scores)
}

// binder creates Bindings over one HTTP client, without a limit on the client's side.
type binder struct {
	server string
	client *http.Client
}

func newBinder(kubeconfig string) (*binder, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	return &binder{config.Host, client}, nil
}

func (b *binder) bind(w http.ResponseWriter, r *http.Request) {
	var args extenderv1.ExtenderBindingArgs
	if !read(w, r, &args) {
		return
	}
	var result extenderv1.ExtenderBindingResult
	if err := b.create(args); err != nil {
		result.Error = err.Error()
	}
	reply(w, result)
}

func (b *binder) create(args extenderv1.ExtenderBindingArgs) error {
	body, err := json.Marshal(corev1.Binding{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Binding"},
		ObjectMeta: metav1.ObjectMeta{Namespace: args.PodNamespace, Name: args.PodName, UID: args.PodUID},
		Target:     corev1.ObjectReference{Kind: "Node", Name: args.Node},
	})
	if err != nil {
		return err
	}
	url := fmt.Sprintf("%s/api/v1/namespaces/%s/pods/%s/binding", b.server, args.PodNamespace, args.PodName)
	response, err := b.client.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusCreated {
		return fmt.Errorf("%s: %s", response.Status, text)
	}
	return nil
}

func read(w http.ResponseWriter, r *http.Request, into any) bool {
	if err := json.NewDecoder(r.Body).Decode(into); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return false
	}
	return true
}

func reply(w http.ResponseWriter, result any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(result); err != nil {
		log.Print(err)
	}
}
